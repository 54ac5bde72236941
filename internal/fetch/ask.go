package fetch

import (
	"errors"
	"fmt"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
)

// inBackground asks about partitions, which nobody fetches meanwhile. All that are to
// be asked about at a time go in one call, since that takes one request a leader. The
// lock is held.
func (f *Fetcher) inBackground(ask func([]asked), questions []asked) {
	if len(questions) == 0 {
		return
	}
	f.wg.Add(1)
	go func() {
		defer f.wg.Done()
		ask(questions)
	}()
}

// check asks new leaders whether their logs have what was read (KIP-320): after an
// unclean election one may have lost some of it and have other records in its place,
// which would never be read.
func (f *Fetcher) check(questions []asked) {
	of := make(map[message.TopicPartition]asked, len(questions))
	queries := make([]cluster.EpochQuery, len(questions))
	for i, a := range questions {
		of[a.p.TopicPartition] = a
		queries[i] = cluster.EpochQuery{Topic: a.p.Topic, Partition: a.p.Partition, Epoch: a.lastEpoch}
	}
	f.client.EpochEnds(f.ctx, queries, func(answers []cluster.EpochAnswer) {
		f.mu.Lock()
		defer f.mu.Unlock()
		var warned bool
		for _, answer := range answers {
			a := of[message.TopicPartition{Topic: answer.Topic, Partition: answer.Partition}]
			switch {
			case !a.stands():
			case errors.Is(answer.Err, cluster.ErrNoEpochs):
				f.read(a.p)
			case answer.Err != nil:
				f.unanswered(a.p, answer.Err, &warned)
			case answer.End < a.offset:
				a.p.checked, a.p.agreed = a.epoch, answer.End
				f.markLost(a.p, Diverged)
			default:
				f.read(a.p)
			}
		}
	})
}

// reset finds new offsets for partitions that can't be read on from their own.
func (f *Fetcher) reset(questions []asked) {
	of := make(map[message.TopicPartition]asked, len(questions))
	lost := make([]Lost, 0, len(questions))
	f.mu.Lock()
	for _, a := range questions {
		if a.stands() {
			of[a.p.TopicPartition] = a
			lost = append(lost, a.p.current())
		}
	}
	f.mu.Unlock()
	var warned bool
	f.cfg.Reset(f.ctx, lost, func(found Found) bool {
		f.mu.Lock()
		defer f.mu.Unlock()
		a := of[message.TopicPartition{Topic: found.Topic, Partition: found.Partition}]
		if !a.stands() {
			return false
		}
		if found.Err != nil {
			f.unanswered(a.p, found.Err, &warned)
			return false
		}
		if found.Apply != nil {
			found.Apply()
		}
		a.p.restart(found.To)
		f.read(a.p)
		return true
	})
}

// restart lets a partition go on at an offset, or at its own if it turned out to be
// right. What was counted as in vain still counts: only records show that it goes on.
func (p *partition) restart(at int64) {
	if at != p.offset || p.lost != OutOfRange {
		p.offset, p.lastEpoch = at, -1
		p.rewinds++
		p.broken = streak{}
	}
	p.lost = 0
}

// read lets a partition be fetched from the leader that its question names, or from
// the replica that this one named. The lock is held.
func (f *Fetcher) read(p *partition) {
	p.checked = p.epoch
	if p.near.node != noLeader {
		p.node, p.replica = p.near.node, true
	}
	f.fetchFrom(p)
}

// unanswered frees a partition about which nothing was found out. warned is set once
// that was said. The lock is held.
func (f *Fetcher) unanswered(p *partition, err error, warned *bool) {
	switch {
	case f.ctx.Err() != nil:
	case f.ends(p, err):
		f.fail(fmt.Errorf("read on in %s/%d: %w", p.Topic, p.Partition, err))
	default:
		if !*warned {
			f.cfg.Warn("find out how to go on, trying again", err)
		}
		*warned = true
		f.retryLater(p)
	}
}
