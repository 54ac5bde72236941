package fetch

import (
	"time"

	"github.com/segmentio/kafka-go/protocol/fetch"
)

// request builds a fetch of all partitions that the broker's loop has, nil if there
// are none.
//
// They come in another order each time: brokers fill answers in the order of the
// request, and give a batch that is larger than a limit only at the front.
func (f *Fetcher) request(b *broker) *fetch.Request {
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(b.asked)
	if f.err != nil {
		return nil // an error is final: what comes after it is not read
	}
	clear(b.topics)
	req := &fetch.Request{
		ReplicaID:    -1,
		MaxWaitTime:  int32(f.wait().Milliseconds()),
		MinBytes:     f.cfg.MinBytes,
		MaxBytes:     b.size.next(&f.cfg, f.waits, f.buffered, f.taken, time.Now()),
		SessionEpoch: -1, // no fetch session (KIP-227)
		RackID:       f.cfg.Rack,
	}
	if f.cfg.ReadCommitted {
		req.IsolationLevel = 1
	}
	for p := range b.parts {
		if f.askLeader(p) {
			continue
		}
		if p.onlyLeader() {
			req.RackID = "" // for all of them: it is a field of the request
		}
		if p.maxBytes > f.cfg.MaxPartitionBytes {
			req.MaxBytes = max(req.MaxBytes, p.maxBytes)
		}
		i, ok := b.topics[p.topic]
		if !ok {
			i = len(req.Topics)
			b.topics[p.topic] = i
			req.Topics = append(req.Topics, fetch.RequestTopic{Topic: p.topic})
		}
		b.asked[p.key] = p.ask()
		req.Topics[i].Partitions = append(req.Topics[i].Partitions, fetch.RequestPartition{
			Partition:          p.id,
			CurrentLeaderEpoch: p.epoch,
			FetchOffset:        p.offset,
			LogStartOffset:     -1,
			PartitionMaxBytes:  p.maxBytes,
		})
	}
	if len(b.asked) == 0 {
		return nil
	}
	return req
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
