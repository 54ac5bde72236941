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
	look := time.NewTicker(f.cfg.MetadataInterval)
	defer look.Stop()
	for {
		select {
		case <-f.route:
		case <-look.C:
			f.lookAgain()
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
	topics, later := f.homeless()
	if len(topics) == 0 {
		return later
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
	return f.assign() || later
}

// homeless lists the topics of partitions without a leader whose time has come,
// and tells whether there are others.
func (f *Fetcher) homeless() (topics []string, later bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := time.Now()
	for _, p := range f.parts {
		switch {
		case p.leader != noLeader || p.asking:
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
		if p.leader != noLeader || p.asking || p.pending > 0 || p.retryAt.After(now) {
			continue
		}
		t, _ := f.client.Cached(p.topic)
		mp, ok := t.Partition(p.id)
		if !ok && t.Err != nil && !cluster.Retriable(t.Err) {
			f.fail(fmt.Errorf("find the leader of %s/%d: %w", p.topic, p.id, t.Err))
			continue
		}
		if !ok || mp.Leader < 0 {
			again = true
			continue
		}
		p.identify(t)
		switch {
		case p.lost != 0 && p.queued > 0:
			again = true
		case p.lost != 0:
			f.ask(p, f.reset)
		case p.behind >= 0 && p.checked != mp.LeaderEpoch && mp.LeaderEpoch >= 0:
			p.epoch = mp.LeaderEpoch
			f.ask(p, f.check)
		default:
			p.leader, p.epoch, p.checked = p.source(mp.Leader), mp.LeaderEpoch, mp.LeaderEpoch
			f.start(p.leader)
		}
	}
	f.broadcast()
	return again
}

// start makes sure that a broker has its loop. The lock is held.
func (f *Fetcher) start(broker int32) {
	if !f.loops[broker] {
		f.loops[broker] = true
		f.wg.Add(1)
		go f.loop(broker)
	}
}
