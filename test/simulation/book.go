package simulation

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"
)

// book keeps what happened in a run: what was written, read, acknowledged and
// committed, in its order. What must hold of that is checked at the end, when it is
// known what lies where in the logs; see check.go.
type book struct {
	begun time.Time

	mu      sync.Mutex
	numbers []*number // by number; 0 is none
	entries []entry
	logs    map[logID]map[int64]logged // by offset
	deleted map[[16]byte]time.Duration // topics, by ID
	wrongs  []string
	joins   time.Duration   // when somebody last asked to join the group, or to sync
	late    []time.Duration // when requests arrive whose senders have given them up
	froms   map[logID]int64 // where an operator had the group go on last
	refused map[inquiry]bool
	trimmed map[logID]bool
	told    map[logID]int64 // the last end that was told after that
	waived  map[logID]int64 // what is before need not be read
	upsets  []span
}

// number is what is known of one record.
type number struct {
	topic     string
	partition int32  // -1: the destination chooses
	key       int    // records of one key are written in their order
	value     string // as it must be in the log
	writers   []string
	loose     bool // written by a destination that may write twice
	unheard   bool // written by one that no broker answers
	tried     time.Duration
	durable   time.Duration // zero: not, or not known
	hidden    bool          // of a transaction that was not committed
	acked     bool          // and not reset since
	read      time.Duration // first
	offset    int64         // where it was read
	at        int32
}

// logID is a partition of one topic, not of what has its name later.
type logID struct {
	topic     string
	id        [16]byte
	partition int32
}

func (l logID) String() string { return fmt.Sprintf("%s@%x/%d", l.topic, l.id[:2], l.partition) }

type kind byte

const (
	wasRead kind = iota
	wasAcked
	wasAsked // a member asked to commit
	wasSeen  // the group's offset as the administrator sees it
	wasReset // by an operator
	wasTrimmed
	wasLoosened // going back is allowed from now on
	wasStarted  // a process
	wasKept     // a process starts from a position which says that a log was read up to an offset
	wasDenied   // a log may be said not to have offsets which it has
	wasWaived   // what is before need not be read
	wasTold     // a process, the end of a log that it has lost its place in
)

// entry is one line of the book.
type entry struct {
	kind   kind
	time   time.Duration
	who    string
	log    logID // the topic's ID only where it is known
	offset int64
	number int
	joins  time.Duration // as the book's at that time
	denied bool          // wasTold: after an offset was refused
	read   time.Duration // wasKept: when it was
	high   int64         // wasSeen: how far the note says that the log went when an operator's offset was taken over
}

func newBook() *book {
	return &book{begun: time.Now(), numbers: []*number{nil}, logs: make(map[logID]map[int64]logged), deleted: make(map[[16]byte]time.Duration), froms: make(map[logID]int64), refused: make(map[inquiry]bool), trimmed: make(map[logID]bool), told: make(map[logID]int64), waived: make(map[logID]int64)}
}

func (b *book) now() time.Duration { return time.Since(b.begun) }

// epoch is where a bubble's time begins. The timestamp of a record is its number of
// milliseconds after that, so that records which are alike otherwise can be told apart.
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

func timeOf(number int) time.Time      { return epoch.Add(time.Duration(number) * time.Millisecond) }
func numberOf(timestamp time.Time) int { return int(timestamp.Sub(epoch) / time.Millisecond) }

func (b *book) note(e entry) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.noteLocked(e)
}

func (b *book) noteLocked(e entry) {
	e.time, e.joins = b.now(), b.joins
	b.entries = append(b.entries, e)
}

// wrong notes what must not be.
func (b *book) wrong(format string, args ...any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.wrongs) < 8 {
		b.wrongs = append(b.wrongs, fmt.Sprintf(format, args...))
	}
}

func (b *book) found() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.wrongs
}

// hand gives out a number for a record.
func (b *book) hand(n *number) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.numbers = append(b.numbers, n)
	id := len(b.numbers) - 1
	if n.value == "" {
		n.value = strconv.Itoa(id)
	}
	return id
}

// count returns how many of the records are of a partition.
func (b *book) count(ids []int, partition int32) (n int32) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, id := range ids {
		if b.numbers[id].partition == partition {
			n++
		}
	}
	return n
}

// fill is the value of a record: its number and what makes it large.
func fill(id, size int) string {
	s := strconv.Itoa(id)
	return s + strings.Repeat(".", max(0, size-len(s)))
}

// belated notes when a request arrives whose sender has given it up: a commit among
// them makes the group's offset go back, and no client can help that.
func (b *book) belated(arrives time.Time) {
	b.mu.Lock()
	b.late = append(b.late, arrives.Sub(b.begun))
	b.mu.Unlock()
}

func (b *book) get(id int) *number {
	if id <= 0 || id >= len(b.numbers) {
		return nil
	}
	return b.numbers[id]
}

// trying notes that a destination is about to write a record.
func (b *book) trying(who string, id int, plan WriterPlan) {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := b.numbers[id]
	if n.tried == 0 {
		n.tried = b.now()
	}
	n.loose, n.unheard = n.loose || plan.Loose, n.unheard || plan.Unheard
	if len(n.writers) == 0 || n.writers[len(n.writers)-1] != who {
		n.writers = append(n.writers, who)
	}
}

// written notes that a record is durable.
func (b *book) written(id int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if n := b.numbers[id]; n.durable == 0 {
		n.durable = b.now()
	}
}

// ended notes whether a transaction's records are to be seen.
func (b *book) ended(ids []int, committed bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, id := range ids {
		b.numbers[id].hidden = !committed
		if committed {
			b.numbers[id].durable = b.now()
		}
	}
}

// reads notes that a source returned a record.
func (b *book) reads(who, topic string, partition int32, offset int64, id int, value string) {
	b.mu.Lock()
	n := b.get(id)
	if n != nil && n.read == 0 {
		n.read, n.offset, n.at = b.now(), offset, partition
	}
	b.noteLocked(entry{kind: wasRead, who: who, log: logID{topic: topic, partition: partition}, offset: offset, number: id})
	b.mu.Unlock()
	if n == nil || n.value != value {
		b.wrong("%s returns %s/%d offset %d as record %d with the value %.40q, which nobody wrote", who, topic, partition, offset, id, value)
	}
}

// acks notes that a record is about to be acknowledged.
func (b *book) acks(who, topic string, partition int32, offset int64, id int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if n := b.get(id); n != nil {
		n.acked = true
	}
	b.noteLocked(entry{kind: wasAcked, who: who, log: logID{topic: topic, partition: partition}, offset: offset, number: id})
}

// resets notes that an operator had the group go on from another offset.
func (b *book) resets(log logID, offset int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, n := range b.numbers[1:] {
		if n.topic == log.topic && n.at == log.partition && n.read > 0 && n.offset >= offset {
			n.acked = false
		}
	}
	b.froms[log] = offset
	b.noteLocked(entry{kind: wasReset, log: log, offset: offset})
}

// keep takes a log into the book.
func (b *book) keep(log logID, records []logged) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.logs[log] == nil {
		b.logs[log] = make(map[int64]logged)
	}
	for _, r := range records {
		b.logs[log][r.offset] = r
	}
}

// gone notes that a topic is deleted.
func (b *book) gone(id [16]byte) {
	b.mu.Lock()
	b.deleted[id] = b.now()
	b.mu.Unlock()
}

// missing lists the records of the logs that are to be read and were not
// acknowledged.
func (b *book) missing(logs map[logID][]logged) (out []string, count int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for log, records := range logs {
		first := -1
		for i, r := range records {
			if n := b.get(r.number); n != nil && !n.hidden && !n.acked && r.offset >= b.froms[log] && r.offset >= max(b.told[log], b.waived[log]) {
				if count++; first < 0 {
					first = i
				}
			}
		}
		if first >= 0 {
			out = append(out, fmt.Sprintf("%s from offset %d", log, records[first].offset))
		}
	}
	return out, count
}
