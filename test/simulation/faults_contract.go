package simulation

import (
	"errors"
	"fmt"
	"strings"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// ending answers one kind of request with a code that ends a connector.
func (w *World) ending(e Event) {
	reader, writer := w.plan.Readers[0].Settings, w.plan.Writers[0].Settings
	keys, settings := sourceRequests, reader
	if e.B>>32%2 == 0 {
		keys, settings = destinationRequests, writer
	}
	key := keys[e.A%uint64(len(keys))]
	codes := endings(key, settings)
	code := codes[e.B%uint64(len(codes))]
	w.say("  %s: %d, which ends who gets it", key.Name(), code)
	if key == kmsg.InitProducerID {
		w.disturbed(e.For, all)
	}
	w.refusing(e, key, code)
}

// trimUnread stops the sources and deletes records that the group has yet to read.
func (w *World) trimUnread(e Event) {
	topic := w.topic(e.A)
	partition := w.partition(topic, e.B)
	w.stopped(e, func() {
		w.sleep(time.Duration(500+e.C%2000) * time.Millisecond) // more is written
		info := w.fake.PartitionInfo(topic, partition)
		if info == nil || info.LastStableOffset <= info.LogStartOffset {
			return
		}
		at := info.LastStableOffset - int64(e.C>>32%3)
		w.deleteBefore(topic, partition, max(at, info.LogStartOffset))
	})
}

// deleteBefore deletes what is in a log before an offset. The lock of topics is held.
func (w *World) deleteBefore(topic string, partition int32, at int64) {
	id := w.fake.TopicInfo(topic)
	if id == nil {
		return
	}
	log := logID{topic, id.TopicID, partition}
	w.seal(topic, func() error {
		w.say("  %s/%d starts at %d", topic, partition, at)
		if w.policy() != "error" || !w.hasRead(log) { // or an operator has to say that they need not be read
			w.book.note(entry{kind: wasTrimmed, log: log, offset: at})
		}
		w.book.note(entry{kind: wasLoosened, log: log, offset: at})
		w.book.trims(log)
		return w.trim(topic, partition, at)
	})
}

// hasRead reports whether the group has an offset in a log.
func (w *World) hasRead(log logID) bool {
	topics, err := w.committed()
	if err != nil {
		return true
	}
	for _, t := range topics {
		for _, p := range t.Partitions {
			if t.Topic == log.topic && p.Partition == log.partition && p.Offset >= 0 && w.notedFor(t.Topic, p) == log {
				return true
			}
		}
	}
	return false
}

// policy is what the group's members do where an offset is not in its log.
func (w *World) policy() string { return w.plan.Readers[0].Settings["autoOffsetReset"] }

// call has the operator look after a source that ended because an offset is not in its
// log: he has the group go on where the log starts.
func (w *World) call(err error) {
	if w.policy() != "error" || !errors.Is(err, kafkago.OffsetOutOfRange) && !strings.Contains(fmt.Sprint(err), "autoOffsetReset is error") {
		return
	}
	w.mu.Lock()
	called := w.called || w.over
	w.called = true
	w.mu.Unlock()
	if called {
		return
	}
	w.tasks.Go(func() {
		w.sleep(2 * time.Second)
		w.operator <- struct{}{}
		defer func() { <-w.operator }()
		w.mu.Lock()
		over := w.over
		w.called = false
		w.mu.Unlock()
		if !over {
			w.say("OPERATOR: has the group go on where the logs start")
			w.stopped(Event{}, w.goOnAtStart)
		}
	})
}

// dismiss waits until the operator has done what he is at, and has him do nothing more.
func (w *World) dismiss() {
	w.operator <- struct{}{}
	w.mu.Lock()
	w.over = true
	w.mu.Unlock()
	<-w.operator
}

// goOnAtStart moves the group to the start of the logs which it is before.
func (w *World) goOnAtStart() {
	w.polling <- struct{}{}
	defer func() { <-w.polling }()
	w.empty()
	topics, err := w.committed()
	if err != nil {
		w.say("  %v", err)
		return
	}
	at := make(map[seat]int64)
	for _, t := range topics {
		for _, p := range t.Partitions {
			at[seat{t.Topic, p.Partition}] = p.Offset
		}
	}
	for _, topic := range w.plan.Topics {
		info := w.fake.TopicInfo(topic)
		if info == nil {
			continue
		}
		for _, p := range w.fake.PartitionInfos(topic) {
			if committed, ok := at[seat{topic, p.Partition}]; p.LogStartOffset > 0 && (!ok || committed < p.LogStartOffset) {
				w.resetTo(logID{topic, info.TopicID, p.Partition}, p.LogStartOffset)
			}
		}
	}
}
