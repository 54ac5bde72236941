package fetch

import (
	"cmp"
	"fmt"
	"time"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
)

// router gives each partition that is unassigned to the loop of the broker that leads it.
// Each has its own time at which it is looked after: one whose leader stays away is
// looked for less and less often, and no other waits for it.
func (f *Fetcher) router() {
	defer f.wg.Done()
	look := time.NewTicker(f.cfg.MetadataInterval)
	defer look.Stop()
	timer := time.NewTimer(0)
	defer timer.Stop()
	unreachable := unreachable{retry: cluster.NewRetry(minRetry, maxRetry)}
	for {
		timer.Reset(f.routeDue(&unreachable))
		select {
		case <-f.route:
		case <-timer.C:
		case <-look.C:
			f.lookAgain()
		case <-f.ctx.Done():
			return
		}
	}
}

// unreachable is what all partitions wait for together: that a broker answers with metadata.
type unreachable struct {
	retry  *cluster.Retry
	until  time.Time
	misses int
}

// routeDue looks after the partitions whose time has come, and returns how long it is
// until that of the next.
func (f *Fetcher) routeDue(u *unreachable) time.Duration {
	known, due, topics := f.due()
	f.assign(known)
	if len(topics) == 0 {
		return f.untilDue()
	}
	if d := time.Until(u.until); d > 0 {
		return d
	}
	if _, err := f.client.Refresh(f.ctx, topics); err != nil {
		if cluster.Permanent(err) {
			f.mu.Lock()
			f.fail(err)
			f.mu.Unlock()
		} else if f.ctx.Err() == nil && u.misses%maxMisses == 0 {
			f.cfg.Warn("look for partition leaders", err)
		}
		u.misses++
		d := u.retry.Duration()
		u.until = time.Now().Add(d)
		return d
	}
	u.retry.Reset()
	u.misses = 0
	f.assign(due)
	return f.untilDue()
}

// due lists the partitions to look after now: those of which the next leader is known, the
// others, and the topics of these. Partitions that are asked about are freed first where
// their leader has changed: nobody else waits for a leader that doesn't answer.
func (f *Fetcher) due() (known, due []asked, topics []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil {
		return nil, nil, nil
	}
	now := time.Now()
	seen := make(map[string]bool)
	for p := range f.unassigned {
		if p.waits() || p.retryAt.After(now) {
			continue
		}
		if p.state != routing && !f.deposed(p) {
			p.retryAt = now.Add(askedTooLong / 4)
			continue
		}
		if f.knowsNext(p) {
			known = append(known, p.ask())
			continue
		}
		due = append(due, p.ask())
		if !seen[p.Topic] {
			seen[p.Topic] = true
			topics = append(topics, p.Topic)
		}
	}
	return known, due, topics
}

// askedTooLong is after how long without an answer it is looked whether the leader that
// was asked still leads. Meanwhile the Client asks other brokers.
const askedTooLong = 2 * time.Second

// deposed frees a partition that is asked about if its leader has changed. The lock is
// held.
func (f *Fetcher) deposed(p *partition) bool {
	t, _ := f.client.Cached(p.Topic)
	mp, ok := t.Partition(p.Partition)
	if !ok || mp.Leader < 0 || mp.Leader == p.node && mp.LeaderEpoch == p.epoch {
		return false
	}
	f.free(p)
	return true
}

// untilDue is how long it is until the next partition is to be looked after.
func (f *Fetcher) untilDue() time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	wait := time.Hour // until somebody wakes the router
	if f.err != nil {
		return wait
	}
	for p := range f.unassigned {
		if !p.waits() {
			wait = min(wait, time.Until(p.retryAt))
		}
	}
	return wait
}

// assign gives partitions to loops, now that metadata names their leaders.
func (f *Fetcher) assign(due []asked) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var checks, resets, outOfRange []asked
	var without leaderless
	topics := make(map[string]cluster.Topic)
	for _, a := range due {
		p := a.p
		if !a.stands() {
			continue
		}
		t, ok := topics[p.Topic]
		if !ok {
			t, _ = f.client.Cached(p.Topic)
			topics[p.Topic] = t
		}
		mp, ok := t.Partition(p.Partition)
		if !ok && t.Err != nil && f.ends(p, t.Err) {
			f.fail(fmt.Errorf("find the leader of %s/%d: %w", p.Topic, p.Partition, t.Err))
			continue
		}
		if !ok || mp.Leader < 0 {
			without.add(p, cmp.Or(t.Err, mp.Err))
			continue
		}
		f.identify(p, t)
		if p.waits() || f.older(p, mp) {
			continue
		}
		p.node, p.epoch = mp.Leader, mp.LeaderEpoch
		switch {
		case p.lost != 0:
			p.state, p.retryAt = resetting, time.Now().Add(askedTooLong)
			if p.lost == OutOfRange && p.topicID != (cluster.TopicID{}) {
				outOfRange = append(outOfRange, p.ask())
			} else {
				resets = append(resets, p.ask())
			}
		case p.lastEpoch >= 0 && p.checked != mp.LeaderEpoch && mp.LeaderEpoch >= 0:
			p.state, p.retryAt = checking, time.Now().Add(askedTooLong)
			checks = append(checks, p.ask())
		default:
			f.read(p)
		}
	}
	without.warn(f)
	f.inBackground(f.check, checks)
	f.inBackground(f.reset, resets)
	f.inBackground(func(lost []asked) { f.confirm(lost); f.reset(lost) }, outOfRange)
}
