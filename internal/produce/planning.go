package produce

import (
	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
)

// plan divides messages by partition and into batches, up to the first whose topic
// or partition is yet to be found, or that can't be sent, which is the error.
func (p *Producer) plan(messages []message.Message) (*plan, error) {
	pl := &plan{batching: p.batching(), messages: messages, until: len(messages), byName: make(map[string]*topicPlan)}
	both := make([]bool, 2*len(messages))
	pl.durable, pl.passed = both[:len(messages):len(messages)], both[len(messages):]
	var topic *topicPlan
	for i := range messages {
		m := &messages[i]
		size := recordbatch.Measure(&m.Record)
		if err := p.checkSize(m, size); err != nil && p.cfg.Dropped != nil {
			p.cfg.Dropped(m, err)
			pl.durable[i] = true
			continue
		} else if err != nil {
			return pl.cut(i, err)
		}
		if topic == nil || m.Topic != topic.Name {
			topic = p.topicOf(pl, m.Topic)
		}
		if topic == nil || int(m.Partition) >= len(topic.Partitions) {
			return pl.cut(i, nil)
		}
		if err := p.add(pl, topic, m, size, i); err != nil {
			return pl.cut(i, err)
		}
	}
	return pl, nil
}

// topicOf is a topic in a plan; nil if it is yet to be found.
func (p *Producer) topicOf(pl *plan, name string) *topicPlan {
	if t, ok := pl.byName[name]; ok {
		return t
	}
	known, ok := p.known(name)
	if !ok {
		return nil
	}
	t := &topicPlan{known, make(map[int32]*queue)}
	pl.topics, pl.byName[name] = append(pl.topics, t), t
	return t
}

// add adds a message to the partition that is chosen for it.
func (p *Producer) add(pl *plan, topic *topicPlan, m *message.Message, size recordbatch.Measured, i int) error {
	id, err := p.partitioner.partition(topic.Topic, m)
	if err != nil {
		return err
	}
	q := topic.queues[id]
	if q == nil {
		q = &queue{TopicPartition: message.TopicPartition{Topic: m.Topic, Partition: id}, leader: -1}
		topic.queues[id] = q
		pl.queues = append(pl.queues, q)
	}
	return pl.put(q, size, i)
}
