package consumer

import (
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/fetch"
	"github.com/conduitio/conduit-connector-kafka/internal/group"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/offsets"
)

// starter starts partitions.
type starter struct {
	*Consumer
	ctx   context.Context
	fail  context.CancelCauseFunc // ends it with an error that stays
	retry *cluster.Retry
	tries sync.WaitGroup

	all int // how many partitions there are

	mu     sync.Mutex // not held while a broker is waited for
	done   group.Partitions
	denied group.Partitions // those that could not be started since the topic is denied
}

// begin begins to start partitions, and returns those of which too little is known yet,
// with the reason. Where the leaders can't be asked they are tried again in the
// background, as often as need be, while those of other leaders go ahead. waits says that
// partitions wait for what is not sure.
func (s *starter) begin(p group.Partitions, waits bool) (left group.Partitions, why error) {
	l, err := s.learn(s.ctx, p, waits)
	if err != nil {
		return p, err
	}
	if why = l.missing; len(l.starts) == 0 {
		return p, why
	}
	var known, unknown []startPoint
	left = p.Minus(l.starts)
	s.mu.Lock()
	for _, topic := range l.starts.Topics() {
		var unsure []int32
		for _, id := range l.starts[topic] {
			p, at := message.TopicPartition{Topic: topic, Partition: id}, l.committed[topic][id]
			if err := s.unsure(p, l.topics[topic].ID, at); err != nil && waits {
				unsure, why = append(unsure, id), err
				continue
			}
			if p := s.startPoint(p, l.topics[topic].ID, at); p.at >= 0 && !p.foreign {
				known = append(known, p)
			} else {
				unknown = append(unknown, p)
			}
		}
		if len(unsure) > 0 {
			left.Add(topic, unsure...)
		}
	}
	s.mu.Unlock()
	s.warnDiscarded(l)
	s.start(known)
	s.tries.Go(func() { s.find(unknown, 0) })
	return left, why
}

// start begins to read partitions.
func (s *starter) start(places []startPoint) {
	if len(places) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.begun = true
	begin, done := make([]fetch.Start, 0, len(places)), make(map[string][]int32)
	for _, p := range places {
		assignment := s.tracker.Add(offsets.Start{
			Topic: p.Topic, Partition: p.Partition, TopicID: p.topicID,
			Offset: p.at, LeaderEpoch: p.epoch, Committed: p.committed, High: p.high,
		})
		begin = append(begin, fetch.Start{
			Topic: p.Topic, Partition: p.Partition, TopicID: p.topicID,
			Offset: p.at, LeaderEpoch: p.epoch, Assignment: assignment,
		})
		done[p.Topic] = append(done[p.Topic], p.Partition)
		delete(s.reached, p.TopicPartition) // it is used once
	}
	for topic, ids := range done {
		s.done.Add(topic, ids...)
	}
	s.fetcher.Add(begin)
	// Where nothing was committed, the start is committed now: after a crash
	// "latest" must mean the same place.
	s.requestCommit()
}

// missed says why another attempt was in vain, once in a number of them, and counts it.
func (s *starter) missed(misses int, err error) int {
	if misses%patience == 0 && s.ctx.Err() == nil {
		s.cfg.Group.Warn("find where to start, trying again", err)
	}
	return misses + 1
}

// find asks where to begin partitions, and starts those of each leader as it answers.
// misses is how many attempts were in vain.
func (s *starter) find(places []startPoint, misses int) {
	var found, missed []startPoint
	var cause error
	var questions []*question
	for _, p := range places {
		q := s.ask(p, func(p startPoint, err error) {
			switch {
			case err == nil:
				found = append(found, p)
			case retriable(err):
				missed, cause = append(missed, p), err
				s.deny(err, p.Topic, p.Partition)
			default:
				s.fail(err)
			}
		})
		if q != nil {
			questions = append(questions, q)
		}
	}
	settle := func() {
		s.start(found)
		if len(missed) > 0 {
			s.end(misses, cause)
			places, misses := missed, s.missed(misses, cause)
			s.tries.Go(func() { s.findAgain(places, misses) })
		}
		found, missed = nil, nil
	}
	settle() // what nobody has to be asked about
	s.inquire(s.ctx, questions, settle)
}

// ask returns the question that is left about a place, nil if then has the answer
// already. Where a foreign offset was committed that is where the log ends: the position
// of another member may lie between the two, and must not count as if the commit for it
// had been lost.
func (s *starter) ask(p startPoint, then func(startPoint, error)) *question {
	if p.at < 0 {
		return s.chooseOffset(p, func(at int64, err error) {
			p.at = at
			then(p, err)
		})
	}
	return s.offsetOfEnd(p.TopicPartition, cluster.Latest, func(end int64, err error) {
		p.high = max(p.high, end)
		then(p, err)
	})
}

// findAgain waits a while, looks who leads the partitions by now, and asks them.
func (s *starter) findAgain(places []startPoint, misses int) {
	names := make(map[string]bool)
	for _, p := range places {
		names[p.Topic] = true
	}
	for s.retry.WaitAfter(s.ctx, misses) {
		_, err := s.client.Refresh(s.ctx, slices.Collect(maps.Keys(names)))
		switch {
		case err == nil:
			s.find(places, misses)
			return
		case cluster.Permanent(err):
			s.fail(err)
			return
		}
		misses = s.missed(misses, err)
	}
}
