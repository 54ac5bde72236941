package simulation

import (
	"fmt"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// lieAbout has a broker do what it is asked for, and the answer be lost with the
// connection.
func (w *World) lieAbout(e Event) {
	keys := []kmsg.Key{kmsg.Produce, kmsg.OffsetCommit, kmsg.JoinGroup, kmsg.SyncGroup, kmsg.Fetch, kmsg.InitProducerID, kmsg.LeaveGroup}
	key := keys[e.A%uint64(len(keys))]
	left := 1 + int(e.B%3)
	w.say("  the answers of %d %s are lost", left, key.Name())
	done := false
	c := w.altering(func(l *link, r request, _ []byte) {
		w.mu.Lock()
		cut := r.key == key.Int16() && left > 0 && !done
		if cut {
			left--
		}
		w.mu.Unlock()
		if cut {
			l.client.in.cutIn(int(e.C%8), l.reset)
		}
	})
	w.sleep(e.For)
	w.leave(c)
}

// outOfRange has the leader of a partition say that it does not have an offset which
// it has by all that it says otherwise.
func (w *World) outOfRange(e Event) {
	topic := w.topic(e.A)
	partition := w.partition(topic, e.B)
	w.say("  %s/%d", topic, partition)
	w.disturbed(e.For, span{node: -1, topic: topic})
	denied := make(map[logID]bool) // the topic may be made again meanwhile
	c := w.altering(func(_ *link, r request, frame []byte) {
		if kmsg.Key(r.key) != kmsg.Fetch {
			return
		}
		w.parts(r.version, frame, func(p part) {
			if p.topic == topic && p.partition == partition {
				if log := w.logOf(topic, partition, ""); !denied[log] {
					denied[log] = true
					w.loosen(topic, partition)
				}
				p.code[1] = byte(kerr.OffsetOutOfRange.Code)
			}
		})
	})
	w.sleep(e.For)
	w.leave(c)
}

// loosen allows the group to go back in a partition, or in all where it is negative.
func (w *World) loosen(topic string, partition int32) {
	for _, t := range w.plan.Topics {
		info := w.fake.TopicInfo(t)
		if info == nil || topic != "" && t != topic {
			continue
		}
		for p := range w.health.partitions(t) {
			if partition < 0 || p == partition {
				log := logID{t, info.TopicID, p}
				w.book.note(entry{kind: wasLoosened, log: log})
				w.book.note(entry{kind: wasDenied, log: log})
			}
		}
	}
}

func (w *World) throttle(e Event) {
	ms := uint32(10 + e.A%2000)
	w.say("  %d ms", ms)
	w.disturbed(e.For+2*time.Second, all)
	c := w.altering(func(_ *link, r request, frame []byte) { throttled(r, frame, ms) })
	w.sleep(e.For)
	w.leave(c)
}

// crc spoils a batch in each of the next answers to fetches that have one.
func (w *World) crc(e Event) {
	left := 1 + int(e.A%2)
	c := w.altering(func(l *link, r request, frame []byte) {
		if kmsg.Key(r.key) != kmsg.Fetch {
			return
		}
		w.parts(r.version, frame, func(p part) {
			broken := brokenFor{l.host.name, p.first()}
			w.mu.Lock()
			now := left > 0 && w.breaks[broken] < maxSpoiled // other events may meet the same batch
			w.mu.Unlock()
			if now && spoil(p.records, 0) {
				w.say("  a batch of %s/%d is spoiled for %s", p.topic, p.partition, l.host.name)
				w.mu.Lock()
				left--
				w.breaks[broken]++
				w.mu.Unlock()
			}
		})
	})
	w.sleep(e.For)
	w.leave(c)
}

// broken notes that a process gets a batch that is broken for good.
func (w *World) broken(b brokenFor) {
	w.mu.Lock()
	w.breaks[b]++
	often := w.breaks[b]
	w.mu.Unlock()
	if often > maxSpoiled {
		w.mayEndNow(b.host)
		w.charge(fmt.Sprintf("%s Fetch of the broken batch at %s/%d offset %d", b.host, b.topic, b.partition, b.offset))
	}
}

type brokenFor struct {
	host string
	batchAt
}

// maxSpoiled is how often a source may find one batch broken. At the next time it ends.
const maxSpoiled = 3

// crcForGood spoils one batch each time that it is fetched, for a while.
func (w *World) crcForGood(e Event) {
	topic := w.topic(e.A)
	partition := w.partition(topic, e.B)
	info := w.fake.PartitionInfo(topic, partition)
	if info == nil {
		return
	}
	offset := info.HighWatermark + int64(e.C%20)
	w.say("  %s/%d offset %d", topic, partition, offset)
	w.disturbed(e.For, span{node: -1})
	c := w.altering(func(l *link, r request, frame []byte) {
		if kmsg.Key(r.key) != kmsg.Fetch {
			return
		}
		w.parts(r.version, frame, func(p part) {
			if p.topic != topic || p.partition != partition {
				return
			}
			if first, ok := spoilAt(p.records, offset); ok {
				w.broken(brokenFor{l.host.name, batchAt{seat{topic, partition}, first}})
			}
		})
	})
	w.sleep(e.For)
	w.leave(c)
}

func (w *World) takeLeader(e Event) {
	topic := w.topic(e.A)
	partition := w.partition(topic, e.B)
	w.say("  %s/%d", topic, partition)
	w.disturbed(e.For, span{node: -1, topic: topic})
	r := w.leaderless(topic, partition)
	w.sleep(e.For)
	w.drop(r)
}

// seal has nobody write to a topic, keeps what is in it, and does something with it.
func (w *World) seal(topic string, do func() error) {
	r := w.obey("sealed", func(_ int32, req kmsg.Request) (kmsg.Response, bool) {
		p, ok := req.(*kmsg.ProduceRequest)
		if !ok {
			return nil, false
		}
		for _, t := range p.Topics {
			if t.Topic == topic {
				return refusal(req, kerr.NotLeaderForPartition.Code), true
			}
		}
		return nil, false
	})
	defer w.drop(r)
	err := w.endTransactions()
	if err == nil {
		err = w.keepLog(topic)
	}
	if err == nil {
		err = do()
	}
	if err != nil {
		w.say("  %s: %v", topic, err)
	}
}

// keepLog takes a topic's records into the book.
func (w *World) keepLog(topic string) error {
	info := w.fake.TopicInfo(topic)
	if info == nil {
		return fmt.Errorf("%s is not there", topic)
	}
	logs, err := w.logs(topic)
	for p, records := range logs {
		w.book.keep(logID{topic, info.TopicID, p}, records)
	}
	return err
}

// topicNoticed is how long clients may take to see that a topic is another one.
const topicNoticed = 15 * time.Second

func (w *World) recreate(e Event) {
	topic := w.topic(e.A)
	w.topics <- struct{}{}
	defer func() { <-w.topics }()
	if w.handmade(topic) {
		return // the embedded cluster would keep the operator's offsets
	}
	n := w.health.partitions(topic)
	switch e.B % 4 {
	case 0:
		n = max(1, n-1-int32(e.C)%n)
	case 1:
		n += 1 + int32(e.C%3)
	}
	gone := time.Duration(e.C%1500) * time.Millisecond
	w.disturbed(gone+topicNoticed, span{node: -1, topic: topic})
	w.say("  %s is deleted, and made again with %d partitions in %s", topic, n, gone)
	w.seal(topic, func() error { return w.deleteTopic(topic) })
	w.sleep(gone)
	w.make(topic, n)
}

func (w *World) deleteForAWhile(e Event) {
	topic := w.topic(e.A)
	w.topics <- struct{}{}
	defer func() { <-w.topics }()
	if w.handmade(topic) {
		return
	}
	n := w.health.partitions(topic)
	w.letEnd(0)
	gone := e.For
	if w.madeByWriters() {
		gone = 0
	}
	w.disturbed(gone+topicNoticed, span{node: -1, topic: topic})
	w.seal(topic, func() error { return w.deleteTopic(topic) })
	w.sleep(e.For)
	w.make(topic, n)
}

// madeByWriters reports whether each destination creates a topic that is not there.
func (w *World) madeByWriters() bool {
	return !slices.ContainsFunc(w.plan.Writers, func(p WriterPlan) bool { return p.Settings["topicAutoCreate"] != "true" })
}

// make creates a topic, unless a destination has.
func (w *World) make(topic string, partitions int32) {
	if err := w.createTopic(topic, partitions); err != nil {
		w.say("  create %s: %v", topic, err)
	}
	infos := w.fake.PartitionInfos(topic)
	w.health.shrunk(topic, int32(len(infos)))
	for _, p := range infos {
		w.health.leads(w.now(), topic, p.Partition, p.Leader)
	}
	w.health.shrunk(topic, int32(len(infos)))
}

func (w *World) grow(e Event) {
	topic := w.topic(e.A)
	w.topics <- struct{}{}
	defer func() { <-w.topics }()
	n := int32(len(w.fake.PartitionInfos(topic))) + 1 + int32(e.B%2)
	if n > 16 {
		return
	}
	w.disturbed(topicNoticed, span{node: -1, topic: topic})
	if err := w.growTopic(topic, n); err != nil {
		w.say("  grow %s: %v", topic, err)
		return
	}
	w.make(topic, n)
}

// deleteRecords deletes the first half or so of a log.
func (w *World) deleteRecords(e Event) {
	topic := w.topic(e.A)
	w.topics <- struct{}{}
	defer func() { <-w.topics }()
	partition := w.partition(topic, e.B)
	info := w.fake.PartitionInfo(topic, partition)
	if info == nil || info.HighWatermark <= info.LogStartOffset {
		return
	}
	w.deleteBefore(topic, partition, info.LogStartOffset+int64(e.C%uint64(info.LastStableOffset-info.LogStartOffset+1)))
}
