package fetch

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/internal/acl"
	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
)

var (
	errSilent   = errors.New("the broker's answer does not mention it")
	errNotPast  = errors.New("the broker's answer does not get past the offset")
	errDiverges = errors.New("the broker has other records in its log than were read")
	errSendsOn  = errors.New("a replica sends its reader to another one")
)

// fetched is the raw record set of one partition on its way to the decoder.
type fetched struct {
	asked
	set     []byte
	aborted []recordbatch.AbortedTransaction
}

// wanted reports whether the partition still goes on from this set. The lock is held.
func (s *fetched) wanted() bool { return s.p.state != removed && s.p.rewinds == s.rewinds }

// accept moves the partitions on by what the broker answered, and returns the
// record sets to decode. moved is false if there was nothing in the answer.
func (f *Fetcher) accept(b *broker, req *request, res response) (sets []fetched, moved bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(res.partitions) == 0 && res.throttle > 0 {
		return nil, false // a quota: the broker has not looked
	}
	b.heard = time.Now()
	b.busy = res.bytes() >= len(b.asked)*nameSize
	var hints []cluster.LeaderHint
	for i := range res.partitions {
		r := &res.partitions[i]
		in, ok := b.inquiryOf(r)
		if !ok || in.round != b.round || in.answered == b.round {
			continue
		}
		in.answered, in.unheardOf = b.round, 0
		if r.err == 0 {
			in.watermark = r.highWatermark
		}
		a := in.asked
		stood := a.stands()
		if stood {
			if set, ok := f.acceptOne(a, r); ok {
				sets = append(sets, set)
			}
			if r.refersOn() {
				hints = append(hints, cluster.LeaderHint{
					Topic: a.p.Topic, TopicID: a.topicID, Partition: r.id, Leader: r.leader, LeaderEpoch: r.leaderEpoch,
				})
			}
		}
		if !a.stands() {
			moved = true
		}
		if !stood || r.err != 0 {
			in.question = question{} // the news were of no use: it is to be asked about again
		}
	}
	f.takeHints(hints, res.endpoints)
	return sets, f.unmentioned(b, req.sessionEpoch <= 0) || moved
}

// inquiryOf finds what a partition in an answer was asked. From version 13 on it is one of
// a topic ID: records of another topic, whatever its name, answer nothing. The Fetcher's
// lock is held.
func (b *broker) inquiryOf(r *partitionResponse) (*inquiry, bool) {
	if r.topicID == (cluster.TopicID{}) {
		in, ok := b.asked[message.TopicPartition{Topic: r.topic, Partition: r.id}]
		return in, ok
	}
	in, ok := b.asked[message.TopicPartition{Topic: b.names[r.topicID], Partition: r.id}]
	return in, ok && in.known == r.topicID
}

// acceptOne is accept for one partition, whose question stands. It returns false if
// there is nothing to decode.
func (f *Fetcher) acceptOne(a asked, r *partitionResponse) (fetched, bool) {
	p := a.p
	if r.err != 0 {
		f.refuse(p, r.err)
		return fetched{}, false
	}
	f.serve(p)
	if r.diverges {
		p.checked = -1
		f.missed(p, errDiverges)
		return fetched{}, false
	}
	p.noteWatermark(r.highWatermark)
	if r.preferred >= 0 && r.preferred != p.node {
		f.prefer(p, r.preferred)
		return fetched{}, false
	}
	if len(r.set) == 0 {
		p.answered(r.highWatermark)
		return fetched{}, false
	}
	p.near.answered = true
	p.refused = streak{}
	if size := recordbatch.Oversize(r.set); size > 0 { // not even one batch fits
		if int(p.maxBytes) >= size {
			f.missed(p, fmt.Errorf("the broker sends part of a batch of %d bytes, though asked for up to %d", size, p.maxBytes))
		}
		p.maxBytes = max(p.maxBytes, int32(min(size, math.MaxInt32)))
		return fetched{}, false
	}
	f.cfg.Hooks.fetched(len(r.set))
	next, epoch := recordbatch.NextOffset(r.set, p.offset)
	p.pending++
	p.maxBytes = f.cfg.MaxPartitionBytes
	if next == p.offset {
		// Either the decoder finds what is wrong with it, or asking again is no use.
		f.missed(p, errNotPast)
	} else {
		p.misses = 0
		p.offset, p.lastEpoch = next, epoch
	}
	return fetched{asked: a, set: r.set, aborted: r.aborted}, true
}

// refuse decides what an error of one partition means. The lock is held.
func (f *Fetcher) refuse(p *partition, answered int16) {
	code := kafkago.Error(answered)
	err := f.client.Explain(cluster.CodeError(answered), acl.OnTopics("Read", p.Topic))
	if p.replica { // the leader may know better
		f.missed(p, err)
		return
	}
	times := p.refused.count(p.offset, answered)
	switch {
	case code == kafkago.OffsetOutOfRange:
		p.lost = OutOfRange
		f.missed(p, err)
	case code == kafkago.InvalidMessage && times > maxMisses, f.ends(p, code):
		f.fail(p.fetchError(err))
	default:
		f.missed(p, err)
	}
}

// missed gives a partition back to the router after a fetch in vain. The lock is held.
func (f *Fetcher) missed(p *partition, err error) {
	f.leaveReplica(p)
	f.retryLater(p)
	if p.misses%maxMisses == 0 {
		f.cfg.Warn("fetching does not make progress, trying again", p.fetchError(err))
	} else {
		f.cfg.Hooks.retried(err)
	}
}

// releaseBroker gives the partitions that a broker was asked for in vain back to the router.
// code is not 0 if the broker itself refused.
func (f *Fetcher) releaseBroker(b *broker, code int16, err error) {
	if f.ctx.Err() != nil {
		return
	}
	f.client.Doubt(b.node) // before the router, which wakes next, asks for leaders
	f.mu.Lock()
	defer f.mu.Unlock()
	stood := false
	for _, a := range b.asked {
		if a.round == b.round && a.stands() {
			stood = true
			f.leaveReplica(a.p)
			f.retryLater(a.p)
		}
	}
	switch {
	case !stood: // nobody waits for this broker any more
	case cluster.Permanent(err), code != 0 && !Retriable(err):
		f.fail(err)
	default:
		f.cfg.Warn("fetching interrupted, looking for the partitions' leaders", err)
	}
}

// sleep waits, for as long as a broker asks for: until then it does not read what is
// sent to it, and a request would run into its timeout.
func (f *Fetcher) sleep(d time.Duration) {
	if d <= 0 {
		return
	}
	ctx, cancel := context.WithTimeout(f.ctx, d)
	defer cancel()
	<-ctx.Done()
}
