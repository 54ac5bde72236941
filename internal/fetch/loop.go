package fetch

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol/fetch"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
)

// loop fetches from one broker for as long as the fetcher lives. The next
// request is on its way before the last answer is decoded: all it needs is where
// each batch ends, and that stands in the batch headers.
func (f *Fetcher) loop(broker int32) {
	defer f.wg.Done()
	frames := make(chan []fetched)
	f.wg.Add(1)
	go f.decode(frames)
	defer close(frames)

	var size answerSize
	for f.ctx.Err() == nil {
		req, parts, changed := f.request(broker, &size)
		if len(parts) == 0 {
			select {
			case <-changed:
			case <-f.ctx.Done():
			}
			continue
		}
		res, err := f.fetch(broker, req, parts)
		if err != nil {
			f.disown(broker, err)
			continue
		}
		if sets := f.accept(broker, res, parts); len(sets) > 0 {
			select {
			case frames <- sets:
			case <-f.ctx.Done():
				return
			}
		}
		if res.throttle > 0 {
			f.sleep(res.throttle)
		}
	}
}

// request builds a fetch of all partitions that the broker leads. If there are
// none, the channel tells when to look again.
func (f *Fetcher) request(broker int32, size *answerSize) (*fetch.Request, map[key]*partition, <-chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	parts := make(map[key]*partition)
	topics := make(map[string]*fetch.RequestTopic)
	req := &fetch.Request{
		ReplicaID:    -1,
		MaxWaitTime:  int32(f.wait().Milliseconds()),
		MinBytes:     f.cfg.MinBytes,
		MaxBytes:     size.next(&f.cfg, f.waits, f.buffered, f.taken, time.Now()),
		SessionEpoch: -1, // no fetch session (KIP-227)
	}
	if f.cfg.ReadCommitted {
		req.IsolationLevel = 1
	}
	for k, p := range f.parts {
		if p.leader != broker || f.err != nil || f.askLeader(p) {
			continue // an error is final: what comes behind it is not read
		}
		parts[k] = p
		t := topics[k.topic]
		if t == nil {
			t = &fetch.RequestTopic{Topic: k.topic}
			topics[k.topic] = t
		}
		t.Partitions = append(t.Partitions, fetch.RequestPartition{
			Partition:          k.id,
			CurrentLeaderEpoch: p.epoch,
			FetchOffset:        p.offset,
			LogStartOffset:     -1,
			PartitionMaxBytes:  p.maxBytes,
		})
	}
	for _, t := range topics {
		req.Topics = append(req.Topics, *t)
	}
	req.RackID = f.rack(parts)
	return req, parts, f.changed
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

func (f *Fetcher) fetch(broker int32, req *fetch.Request, parts map[key]*partition) (response, error) {
	conn, err := f.client.Broker(f.ctx, broker, cluster.Fetch)
	if err != nil {
		return response{}, err
	}
	frame, err := f.client.AskLeader(f.ctx, broker, conn, req, f.cfg.MaxWait, f.led(parts))
	if err != nil {
		return response{}, err
	}
	version, _ := conn.Version(req.ApiKey())
	res, err := parse(frame, version)
	if err == nil {
		err = cluster.CodeError(res.err)
	}
	if err != nil {
		err = fmt.Errorf("fetch from %s: %w", conn.Addr(), err)
		if res.err != 0 && !passes(kafkago.Error(res.err)) {
			f.Fail(err)
		}
		return response{}, err
	}
	return res, nil
}

// led lists those partitions that are fetched from their leader.
func (f *Fetcher) led(parts map[key]*partition) iter.Seq2[string, int32] {
	return func(yield func(string, int32) bool) {
		f.mu.Lock()
		defer f.mu.Unlock()
		for k, p := range parts {
			if p.near.node == noLeader && !yield(k.topic, k.id) {
				return
			}
		}
	}
}

// passes tells whether fetching goes on after an error code. An unknown error of
// the broker is one of those, as for Java's client.
func passes(code kafkago.Error) bool {
	return code == kafkago.Unknown || cluster.Retriable(code)
}

// accept moves the partitions on by what the broker answered, and returns the
// record sets to decode.
func (f *Fetcher) accept(broker int32, res response, asked map[key]*partition) []fetched {
	f.mu.Lock()
	defer f.mu.Unlock()
	var sets []fetched
	for i := range res.partitions {
		r := &res.partitions[i]
		p := asked[key{r.topic, r.id}]
		delete(asked, key{r.topic, r.id})
		if p == nil || p.removed || p.leader != broker {
			continue
		}
		if r.err != 0 {
			f.partitionFailed(p, kafkago.Error(r.err), r)
			continue
		}
		p.see(r.highWatermark)
		if r.preferred >= 0 && r.preferred != broker {
			f.prefer(p, r.preferred)
			continue
		}
		p.misses, p.near.answered = 0, true
		if len(r.set) == 0 {
			continue
		}
		next, epoch := recordbatch.NextOffset(r.set, p.offset)
		if size := recordbatch.Oversize(r.set); size > 0 { // not even one batch fits
			p.maxBytes = int32(min(size, math.MaxInt32))
			continue
		}
		f.cfg.Hooks.fetched(len(r.set))
		sets = append(sets, fetched{p: p, lineage: p.lineage, topicID: p.topicID, from: p.offset, set: r.set, aborted: r.aborted})
		p.offset, p.behind = next, epoch
		p.maxBytes = f.cfg.MaxPartitionBytes
		p.pending++
	}
	for _, p := range asked { // the answer is silent about them: not at once again
		if p.leader == broker {
			f.missed(p, errors.New("the broker's answer does not mention it"))
		}
	}
	return sets
}

// partitionFailed decides what an error of one partition means.
func (f *Fetcher) partitionFailed(p *partition, code kafkago.Error, r *partitionResponse) {
	err := cluster.CodeError(r.err)
	switch {
	case p.near.node != noLeader: // the leader may know better
		f.missed(p, err)
	case code == kafkago.OffsetOutOfRange:
		p.lose(OutOfRange)
		f.wakeRouter()
	case code == kafkago.InvalidMessage && p.misses >= maxMisses, !passes(code):
		f.fail(p.fetchError(err))
	default:
		f.missed(p, err)
	}
}

// missed gives a partition back to the router after a fetch in vain. The lock is held.
func (f *Fetcher) missed(p *partition, err error) {
	f.leaveReplica(p)
	p.orphan()
	if p.misses%maxMisses == 0 {
		f.cfg.Warn("fetching does not get on, trying again", p.fetchError(err))
	} else {
		f.cfg.Hooks.retried(err)
	}
	f.wakeRouter()
}

// disown gives the partitions of a broker back to the router.
func (f *Fetcher) disown(broker int32, err error) {
	if f.ctx.Err() != nil {
		return
	}
	if cluster.Hopeless(err) {
		f.Fail(err)
	}
	f.cfg.Warn("fetching interrupted, looking for the partitions' leaders", err)
	f.mu.Lock()
	for _, p := range f.parts {
		if p.leader == broker {
			f.leaveReplica(p)
			p.orphan()
		}
	}
	f.mu.Unlock()
	f.wakeRouter()
}

func (f *Fetcher) sleep(d time.Duration) {
	ctx, cancel := context.WithTimeout(f.ctx, min(d, 30*time.Second))
	defer cancel()
	<-ctx.Done()
}
