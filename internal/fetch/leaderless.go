package fetch

import (
	"errors"
	"fmt"
	"time"
)

// leaderless collects the partitions that have no leader, to say so once for all.
type leaderless struct {
	n     int
	first error
}

// add lets a partition wait. why is what metadata says of it, nil if it only names no
// leader. The lock is held.
func (l *leaderless) add(p *partition, why error) {
	p.misses = max(p.misses, 1)
	p.retryAt = time.Now().Add(backoff(p.misses))
	if p.misses++; p.misses%maxMisses != 0 {
		return
	}
	if l.n++; l.n == 1 {
		l.first = p.fetchError(errNoLeader)
		if why != nil {
			l.first = fmt.Errorf("%w: %w", l.first, why)
		}
	}
}

var errNoLeader = errors.New("the partition has no leader")

func (l *leaderless) warn(f *Fetcher) {
	if l.n == 0 {
		return
	}
	err := l.first
	if l.n > 1 {
		err = fmt.Errorf("%w (and so for %d others)", err, l.n-1)
	}
	f.cfg.Warn("fetching does not make progress, looking for a leader again", err)
}
