package fetch

import (
	"errors"
	"fmt"
	"time"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
)

// ask lets a goroutine find out how to go on with a partition, which nobody
// fetches meanwhile. The lock is held. A goroutine, because a leader that doesn't
// answer must not hold up the partitions of others.
func (f *Fetcher) ask(p *partition, question func(*partition) error) {
	p.asking = true
	f.wg.Add(1)
	go func() {
		defer f.wg.Done()
		err := question(p)
		f.mu.Lock()
		p.asking = false
		if err != nil {
			p.orphan()
		}
		over := p.removed || f.ctx.Err() != nil
		f.mu.Unlock()
		switch {
		case err == nil || over:
		case cluster.Retriable(err):
			f.cfg.Warn("find out how to go on, will try again", err)
		default:
			f.Fail(fmt.Errorf("read on in %s/%d: %w", p.topic, p.id, err))
		}
		f.wakeRouter()
	}()
}

// reset finds a new offset for a partition that can't be read on from its own.
func (f *Fetcher) reset(p *partition) error {
	f.mu.Lock()
	l := Lost{Topic: p.topic, Partition: p.id, Offset: p.offset, Why: p.lost, Agreed: p.agreed, TopicID: p.topicID, Assignment: p.assignment}
	f.mu.Unlock()
	var err error
	f.cfg.Reset(f.ctx, []Lost{l}, func(found Found) bool {
		f.mu.Lock()
		defer f.mu.Unlock()
		if err = found.Err; err != nil || p.removed {
			return false
		}
		if found.Apply != nil {
			found.Apply()
		}
		p.offset, p.behind, p.checked, p.lost, p.misses = found.To, -1, -1, 0, 0
		return true
	})
	return err
}

// check asks a new leader whether its log has what was read (KIP-320): after an
// unclean election it may have lost some of it and have other records in its
// place, which would never be read.
func (f *Fetcher) check(p *partition) error {
	f.mu.Lock()
	offset, behind, epoch := p.offset, p.behind, p.epoch
	f.mu.Unlock()
	end, err := f.client.EpochEnd(f.ctx, p.topic, p.id, behind)
	if errors.Is(err, cluster.ErrNoEpochs) {
		end, err = offset, nil
	}
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	p.checked = epoch
	if end < offset {
		p.lose(Diverged)
		p.agreed = end
	}
	return nil
}

// identify notes the topic's ID, and that it is another topic now if that changed.
func (p *partition) identify(t cluster.Topic) {
	switch unknown := (cluster.TopicID{}); {
	case t.ID == unknown || t.ID == p.topicID:
	case p.topicID == unknown:
		p.topicID = t.ID
	default:
		p.topicID = t.ID
		p.lose(Recreated)
	}
}

// lookAgain finds topics that were deleted and made again without any fetch
// failing, as can happen while there is no room for more records.
func (f *Fetcher) lookAgain() {
	f.mu.Lock()
	var topics []string
	seen := make(map[string]bool)
	for k := range f.parts {
		if t, _ := f.client.Cached(k.topic); !seen[k.topic] && time.Since(t.AsOf) > f.cfg.MetadataInterval/2 {
			topics = append(topics, k.topic)
		}
		seen[k.topic] = true
	}
	f.mu.Unlock()
	if len(topics) > 0 {
		if _, err := f.client.Refresh(f.ctx, topics, false); err != nil {
			return // fetching goes on, and says so if it can't
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range f.parts {
		if t, ok := f.client.Cached(p.topic); ok && !p.asking {
			p.identify(t)
		}
	}
}
