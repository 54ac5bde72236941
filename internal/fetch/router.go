package fetch

import (
	"fmt"
	"slices"
	"time"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
)

// router gives each partition to the loop of the broker that leads it, and
// looks again, at growing intervals, as long as some have no leader.
func (f *Fetcher) router() {
	defer f.wg.Done()
	for {
		select {
		case <-f.route:
		case <-f.ctx.Done():
			return
		}
		retry := cluster.NewRetry(20*time.Millisecond, time.Second)
		for f.routeOnce() && retry.Wait(f.ctx) {
		}
	}
}

// routeOnce returns true if there is something left to do.
func (f *Fetcher) routeOnce() bool {
	again := f.resetOffsets()
	topics, later := f.homeless()
	again = again || later
	if len(topics) == 0 {
		return again
	}
	if _, err := f.client.Refresh(f.ctx, topics, false); err != nil {
		if f.ctx.Err() == nil {
			if cluster.Hopeless(err) {
				f.Fail(err)
				return false
			}
			f.cfg.Warn("look for partition leaders", err)
		}
		return true
	}
	return f.assign() || again
}

// homeless lists the topics of partitions without a leader whose time has come,
// and tells whether there are others.
func (f *Fetcher) homeless() (topics []string, later bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := time.Now()
	for _, p := range f.parts {
		switch {
		case p.leader != noLeader:
		case p.retryAt.After(now):
			later = true
		case !slices.Contains(topics, p.topic):
			topics = append(topics, p.topic)
		}
	}
	return topics, later
}

// assign gives homeless partitions to loops. One whose last fetch is not decoded
// yet waits: the new leader's records must not overtake it. The decoder wakes
// the router for it.
func (f *Fetcher) assign() (again bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := time.Now()
	for _, p := range f.parts {
		if p.leader != noLeader || p.pending > 0 || p.retryAt.After(now) {
			continue
		}
		t, _ := f.client.Cached(p.topic)
		mp, ok := t.Partition(p.id)
		if !ok || mp.Leader < 0 {
			again = true
			continue
		}
		p.leader, p.epoch = mp.Leader, mp.LeaderEpoch
		if !f.loops[mp.Leader] {
			f.loops[mp.Leader] = true
			f.wg.Add(1)
			go f.loop(mp.Leader)
		}
	}
	f.broadcast()
	return again
}

// resetOffsets asks for new offsets where a partition's offset is not in its
// log, once all that was read of it before has been taken.
func (f *Fetcher) resetOffsets() (again bool) {
	f.mu.Lock()
	var lost []*partition
	for _, p := range f.parts {
		switch {
		case !p.reset:
		case p.pending > 0 || p.queued > 0:
			again = true
		default:
			lost = append(lost, p)
		}
	}
	f.mu.Unlock()
	for _, p := range lost {
		offset, err := f.cfg.Reset(f.ctx, p.topic, p.id, p.offset)
		switch {
		case f.ctx.Err() != nil:
			return false
		case err != nil && cluster.Retriable(err):
			f.cfg.Warn("find an offset to go on from", err)
			again = true
		case err != nil:
			f.Fail(fmt.Errorf("find an offset of %s/%d to go on from: %w", p.topic, p.id, err))
		default:
			f.mu.Lock()
			p.offset, p.reset = offset, false
			f.broadcast()
			f.mu.Unlock()
		}
	}
	return again
}
