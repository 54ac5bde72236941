package versions_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kgo"
)

// mixed has two sources, a member of franz-go and one of Kafka's own consumer in a group,
// dynamic members and static ones, while records are written all the time. Each member
// leaves and comes back; where brokers have both protocols of groups, it comes back by the
// other one, so that the group is converted under load, and converted back. Nothing is lost,
// and no commit is lower than one before it.
func mixed(t *testing.T, c cluster) {
	protocols := []string{"classic", "classic"}
	if c.client.OffersConsumerGroups(guarded(t)) {
		protocols = []string{"classic", "consumer", "classic"}
	}
	for _, static := range []bool{false, true} {
		t.Run(fmt.Sprintf("static %t", static), func(t *testing.T) {
			m := newMixture(t, c)
			seats := []seat{m.ours(""), m.ours(""), m.franz, m.java()}
			if static {
				seats[0], seats[1] = m.ours("a"), m.ours("b")
			}
			leave := make([]func(), len(seats))
			for _, protocol := range protocols {
				for i, sit := range seats {
					if leave[i] != nil {
						leave[i]()
					}
					leave[i] = sit(protocol)
					m.flow()
				}
			}
			m.stop()
			for _, leave := range leave {
				leave()
			}
			allCommitted(t, c, m.group, m.topic)
		})
	}
}

// mixture is a group, what is written for it, and what its members have read.
type mixture struct {
	t            *testing.T
	is           *is.I
	ctx          context.Context
	c            cluster
	group, topic string
	source       settings
	stopWriting  context.CancelFunc
	tasks        sync.WaitGroup

	mu      sync.Mutex
	written int
	read    map[string]bool
	failed  error // of who writes, or looks at commits
}

func newMixture(t *testing.T, c cluster) *mixture {
	m := &mixture{t: t, is: is.New(t), ctx: guarded(t), c: c, group: "g-" + uuid.NewString(), read: make(map[string]bool)}
	m.topic, m.source, _ = c.topic(t)
	m.source = m.source.with(settings{"groupID": m.group, "commitOffsetsDelay": "500ms"})
	var ctx context.Context
	ctx, m.stopWriting = context.WithCancel(m.ctx)
	t.Cleanup(func() { m.stopWriting(); m.tasks.Wait() })
	m.tasks.Go(func() { m.fail(m.write(ctx)) })
	m.tasks.Go(func() { m.fail(m.watchCommits(ctx)) })
	return m
}

func (m *mixture) fail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.failed == nil {
		m.failed = err
	}
}

// write writes some hundred records a second.
func (m *mixture) write(ctx context.Context) error {
	for ctx.Err() == nil {
		records := make([]*kgo.Record, 20)
		for i := range records {
			n := m.written + i
			records[i] = &kgo.Record{Topic: m.topic, Partition: int32(n % partitions), Value: fmt.Append(nil, "value-", n)}
		}
		if err := m.c.client.Produce(m.ctx, records...); err != nil {
			return err
		}
		m.mu.Lock()
		m.written += len(records)
		m.mu.Unlock()
		time.Sleep(50 * time.Millisecond)
	}
	return nil
}

// watchCommits returns an error once a committed offset is lower than before.
func (m *mixture) watchCommits(ctx context.Context) error {
	highest := make(map[int32]int64)
	for ctx.Err() == nil {
		committed, err := m.c.client.Committed(m.ctx, m.group, m.topic)
		for p, offset := range committed {
			if err == nil && offset < highest[p] {
				return fmt.Errorf("of partition %d %d was committed, after %d", p, offset, highest[p])
			}
			highest[p] = max(highest[p], offset)
		}
		time.Sleep(50 * time.Millisecond)
	}
	return nil
}

func (m *mixture) note(value []byte) {
	m.mu.Lock()
	m.read[string(value)] = true
	m.mu.Unlock()
}

// missing lists what is not read of the first records that were written.
func (m *mixture) missing(first int) (out []int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.is.NoErr(m.failed)
	for i := range first {
		if !m.read[fmt.Sprint("value-", i)] {
			out = append(out, i)
		}
	}
	return out
}

// flow waits until all is read that is written by the time that a second has passed.
func (m *mixture) flow() {
	m.t.Helper()
	time.Sleep(time.Second)
	m.mu.Lock()
	written := m.written
	m.mu.Unlock()
	for {
		missing := m.missing(written)
		if len(missing) == 0 {
			return
		}
		pause(m.ctx, m.t, "read", fmt.Sprintf("all of %d but %d, from %d on", written, len(missing), missing[0]))
	}
}

// stop ends the writing, and waits until all of it is read.
func (m *mixture) stop() {
	m.stopWriting()
	m.tasks.Wait()
	m.flow()
	m.t.Logf("%d records, each read", m.written)
}
