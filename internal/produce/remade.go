package produce

import (
	"slices"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
)

// A topic may be deleted and made again while it is written to, by somebody or by this
// producer, with as many partitions as before or others. What was written before is
// gone with the old topic. What is left is divided among the partitions of the new
// one, so that a key goes where later messages with it will.
//
// From version 13 on Produce has the ID of the topic for which a partition was chosen, and
// a broker that knows it by another ID refuses the request. Nothing that was sent is in the
// new topic then, or will be.
//
// Before, it has the topic's name, so that a batch whose answer never came
// may be in the new topic already. To divide it again, under another number, might
// write its messages twice. It stays where it is, with its number, and the broker
// recognises it, or takes it now: a partition that knows nothing of a producer takes
// any number. Its keys may then be in other partitions than later messages with them,
// as when partitions are added. If its partition no longer exists it isn't in the new
// topic and is divided again too. It may still get there, where partitions are added
// before its request arrives: then its messages are there twice. Its number is never given
// to another batch, which the broker would treat as this one.
//
// Messages that change their partition come after what stays in it.

// follow divides what is left of a topic again if it is not the one any more for which
// partitions were chosen.
func (p *Producer) follow(pl *plan, t *topicPlan, now cluster.Topic) {
	if now.Err != nil || len(now.Partitions) == 0 || !t.remade(now, pl.messages) {
		return
	}
	var again []int
	for id, q := range t.queues {
		_, exists := now.Partition(id)
		var kept []*batch
		for _, b := range slices.Backward(q.batches) {
			if b.uncertain && b.named && exists {
				kept = append(kept, b)
				continue
			}
			p.sequences.retract(q.TopicPartition, b)
			again = append(again, slices.DeleteFunc(slices.Clone(b.indexes), pl.passedOver)...)
			p.writers.give(b.writer)
		}
		slices.Reverse(kept)
		q.batches, q.err, q.last, q.fatal = kept, nil, nil, false
	}
	t.Topic = now
	slices.Sort(again)
	for _, i := range again {
		m := &pl.messages[i]
		if p.add(pl, t, m, recordbatch.Measure(&m.Record), i) != nil {
			p.addNowhere(pl, t, i)
		}
	}
}

// remade reports whether a topic is another than before. Brokers before Kafka 2.8 tell
// no ID: then it is one with fewer partitions, of which an old one never has.
func (t *topicPlan) remade(now cluster.Topic, messages []message.Message) bool {
	if unknown := (cluster.TopicID{}); t.ID != unknown && now.ID != unknown && t.ID != now.ID {
		return true
	}
	for id, q := range t.queues {
		if _, ok := now.Partition(id); ok {
			continue
		}
		for _, b := range q.batches {
			if messages[b.indexes[0]].Partition != id { // it may go elsewhere
				return true
			}
		}
	}
	return false
}

// addNowhere adds a message to a partition that its topic doesn't have.
func (p *Producer) addNowhere(pl *plan, t *topicPlan, i int) {
	m := &pl.messages[i]
	q := t.queues[m.Partition]
	if q == nil {
		q = &queue{TopicPartition: message.TopicPartition{Topic: m.Topic, Partition: m.Partition}, leader: -1}
		t.queues[m.Partition] = q
		pl.queues = append(pl.queues, q)
	}
	b := &batch{indexes: []int{i}, writer: p.writers.take()}
	if err := b.writer.Append(&m.Record); err != nil {
		q.err, q.fatal = pl.recordError(i, err), true
	}
	q.batches = append(q.batches, b)
}
