package ledger

import (
	"bytes"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"
)

// keys is how many different keys there are. The records of one are in one
// partition, in the order of their numbers.
const keys = 64

// valueSize is the size of a record's value in bytes.
const valueSize = 100

// Ledger keeps the books of one scenario. It is safe for concurrent use.
type Ledger struct {
	scenario string
	topic    string
	begun    time.Time
	pause    time.Duration // from the start of a write to that of the next one

	mu       sync.Mutex
	rounds   int
	written  []fate // by number
	failures []error
	reads    map[place]int   // how often a place was returned
	acks     map[place]int   // when it was acknowledged first, by clock
	clock    int             // counts acknowledgements to the source
	highest  map[int32]int64 // by partition: the highest offset that was returned
	newest   [keys]int       // by key: the highest number that was returned, -1 for none
	passed   int             // places first returned after a higher one
	behind   int             // returned again though a commit after them was seen
	foreign  int             // returned, and not as they were written
	writer   stopwatch
	reader   stopwatch
	watched  watched
}

// fate is what is known of a record that was handed out.
type fate byte

const (
	uncertain fate = iota // being written, or Write failed
	durable               // acknowledged by the destination
)

// place is where a record lies in the topic.
type place struct {
	partition int32
	offset    int64
}

// New opens the ledger of a scenario that has the topic to itself.
func New(scenario, topic string) *Ledger {
	l := &Ledger{
		scenario: scenario, topic: topic, begun: time.Now(), pause: writePause,
		reads: make(map[place]int), acks: make(map[place]int), highest: make(map[int32]int64),
	}
	for key := range l.newest {
		l.newest[key] = -1
	}
	return l
}

// Round counts one more round of faults.
func (l *Ledger) Round() {
	l.mu.Lock()
	l.rounds++
	l.mu.Unlock()
}

// Next hands out the next n numbers, for n records that are going to be written
// in this order. Key and Value say what is in them.
func (l *Ledger) Next(n int) []int {
	l.mu.Lock()
	defer l.mu.Unlock()
	numbers := make([]int, n)
	for i := range numbers {
		numbers[i] = len(l.written)
		l.written = append(l.written, uncertain)
	}
	return numbers
}

// Key is the key of a numbered record.
func Key(number int) []byte { return fmt.Appendf(nil, "key-%d", number%keys) }

// Value is the value of a numbered record.
func Value(number int) []byte {
	value := bytes.Repeat([]byte{'.'}, valueSize)
	copy(value, strconv.Itoa(number)+" ")
	return value
}

// Format are the settings under which a destination writes the value of a numbered
// record as it is.
func Format() map[string]string {
	return map[string]string{
		"sdk.record.format":                  "template",
		"sdk.record.format.options":          `{{ printf "%s" .Payload.After.Bytes }}`,
		"sdk.schema.extract.key.enabled":     "false",
		"sdk.schema.extract.payload.enabled": "false",
	}
}

// Number returns the number of a record, and false if it is none that a ledger
// hands out.
func Number(key, value []byte) (int, bool) {
	digits, _, _ := bytes.Cut(value, []byte{' '})
	number, err := strconv.Atoi(string(digits))
	return number, err == nil && number >= 0 && bytes.Equal(value, Value(number)) && bytes.Equal(key, Key(number))
}

// Record makes a numbered record for a destination.
func Record(number int) opencdc.Record {
	return opencdc.Record{
		Position:  opencdc.Position(strconv.Itoa(number)),
		Operation: opencdc.OperationCreate,
		Key:       opencdc.RawData(Key(number)),
		Payload:   opencdc.Change{After: opencdc.RawData(Value(number))},
	}
}

// Written notes that numbers are durable: the destination said so.
func (l *Ledger) Written(numbers []int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, n := range numbers {
		l.written[n] = durable
	}
	if len(numbers) > 0 {
		l.writer.lap()
	}
}

// Failed notes an error of a write. Numbers that are not noted as written stay
// uncertain.
func (l *Ledger) Failed(err error) {
	l.mu.Lock()
	l.failures = append(l.failures, err)
	l.mu.Unlock()
}

// Returned notes that a source returned a record.
func (l *Ledger) Returned(partition int32, offset int64, key, value []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.watched.elsewhere {
		l.reader.lap()
	}
	if n, ok := Number(key, value); !ok || n >= len(l.written) {
		l.foreign++
	} else {
		l.newest[n%keys] = max(l.newest[n%keys], n)
	}
	at := place{partition, offset}
	if l.reads[at]++; l.reads[at] > 1 {
		if !l.watched.elsewhere && offset < l.watched.last[partition] {
			l.behind++
		}
		return
	}
	if highest, ok := l.highest[partition]; ok && offset < highest {
		l.passed++
		return
	}
	l.highest[partition] = offset
}

// Acknowledging notes that a record is about to be acknowledged to its source.
func (l *Ledger) Acknowledging(partition int32, offset int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if at := (place{partition, offset}); l.acks[at] == 0 {
		l.clock++
		l.acks[at] = l.clock
	}
}

// settled tells how many different places were returned and acknowledged.
func (l *Ledger) settled() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.acks)
}

// stopwatch keeps the longest time between two laps.
type stopwatch struct {
	last    time.Time
	longest time.Duration
}

func (s *stopwatch) lap() {
	now := time.Now()
	if !s.last.IsZero() {
		s.longest = max(s.longest, now.Sub(s.last))
	}
	s.last = now
}
