package fetch

import "time"

// request builds a fetch of all partitions that the broker's loop has, nil if there
// are none. In a session it names those that the broker is asked something else about
// than before, and those that it has no more.
//
// Where all are named they come in another order each time: brokers fill answers in the
// order of the request, and give a batch that is larger than a limit only at the front.
// In a session Kafka lets partitions take turns by itself, other brokers begin with those
// that are named. So all are, while that is no more than what comes.
func (f *Fetcher) request(b *broker) *request {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil {
		return nil // an error is final: what comes after it is not read
	}
	req, fits := f.draft(b)
	if !fits {
		b.session.epoch = 0
		req, _ = f.draft(b)
	}
	return req
}

// draft is request. It reports false where the session can't go on: it has topics by
// their names, or by an ID that is not theirs any more. The lock is held.
func (f *Fetcher) draft(b *broker) (req *request, fits bool) {
	req = &request{
		maxWait:   int32(f.wait().Milliseconds()),
		minBytes:  f.cfg.MinBytes,
		maxBytes:  b.size.next(&f.cfg, f.waits, f.buffered, f.taken, time.Now()),
		committed: f.cfg.ReadCommitted,
		rack:      f.cfg.Rack,
		byID:      true,
		encoder:   &b.encoder,
	}
	b.session.sign(req)
	whole := b.session.whole()
	if whole {
		b.open = b.open[:0]
		clear(b.names)
	}
	clear(b.topics)
	b.round++
	n, same := 0, true
	for p := range b.parts {
		if f.askLeader(p) {
			continue
		}
		if p.onlyLeader() {
			req.rack = "" // for all of them: it is a field of the request
		}
		if p.maxBytes > f.cfg.MaxPartitionBytes {
			req.maxBytes = max(req.maxBytes, p.maxBytes)
		}
		n++
		req.byID = req.byID && p.identified
		ask, known := b.inquire(p, whole)
		same = same && known
		if ask || b.busy {
			b.name(req, p)
		}
	}
	switch {
	case n == 0:
		return nil, true
	case whole:
		b.session.byID = req.byID
	case req.byID != b.session.byID, req.byID && !same:
		return nil, false
	}
	if len(b.asked) > n {
		b.forget(req, whole)
	}
	return req, true
}

// nameSize is how many bytes it takes to name a partition, without its topic.
const nameSize = 28

// inquire notes what is asked about a partition, and reports whether it is something
// else than the broker's session has, and whether that has it as one of the same topic. The
// Fetcher's lock is held.
func (b *broker) inquire(p *partition, whole bool) (another, sameTopic bool) {
	i := b.asked[p.TopicPartition]
	if i == nil {
		i = &inquiry{watermark: -1}
		b.asked[p.TopicPartition] = i
	}
	if whole || i.p == nil {
		i.known = p.topicID
		b.names[i.known] = p.Topic
	}
	i.round = b.round
	if now := p.ask(); whole || i.asked != now || i.maxBytes != p.maxBytes {
		i.asked, i.maxBytes, i.unheardOf = now, p.maxBytes, 0
		if whole {
			i.watermark = -1
		}
		b.open = append(b.open, i)
		another = true
	}
	return another, i.known == p.topicID
}

// name puts a partition into a request. The Fetcher's lock is held.
func (b *broker) name(req *request, p *partition) {
	topic := topicName{p.Topic, p.topicID}
	i, ok := b.topics[topic]
	if !ok {
		i = len(req.topics)
		b.topics[topic] = i
		req.topics = append(req.topics, requestTopic{topicName: topic})
	}
	req.topics[i].partitions = append(req.topics[i].partitions, requestPartition{
		id: p.Partition, epoch: p.epoch, offset: p.offset, lastEpoch: p.epochToCompare(), maxBytes: p.maxBytes,
	})
}

// forget drops the partitions that the broker is not asked about any more, also from
// its session. The Fetcher's lock is held.
func (b *broker) forget(req *request, whole bool) {
	gone := make(map[topicName][]int32)
	clear(b.names)
	for k, i := range b.asked {
		if i.round == b.round {
			b.names[i.known] = k.Topic
			continue
		}
		delete(b.asked, k)
		topic := topicName{k.Topic, i.known}
		gone[topic] = append(gone[topic], k.Partition)
	}
	if whole {
		return
	}
	for topic, ids := range gone {
		req.forgotten = append(req.forgotten, forgottenTopic{topic, ids})
	}
}

// wait is how long a broker without records may wait for some. While partitions
// are being added that is short: those that come a moment later would have to wait
// for the answer. The lock is held.
func (f *Fetcher) wait() time.Duration {
	if time.Since(f.added) < settling {
		return min(f.cfg.MaxWait, settlingWait)
	}
	return f.cfg.MaxWait
}

const (
	settling     = time.Second
	settlingWait = 20 * time.Millisecond
)
