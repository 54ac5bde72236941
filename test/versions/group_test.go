package versions_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"
	sdk "github.com/conduitio/conduit-connector-sdk"
	"github.com/google/uuid"
	"github.com/matryer/is"
)

// group has two sources share the partitions of a topic: one is there, another comes, the
// first goes. Each of the records that are written in between is read once. It does so by
// both protocols of groups, where brokers have both; where they don't, the newer one is an
// error.
func group(t *testing.T, c cluster) {
	groupBy(t, c, settings{"sessionTimeout": "10s", "heartbeatInterval": "200ms"}, c.client.Group)
	byServer := settings{"groupProtocol": "consumer"}
	if c.client.OffersConsumerGroups(guarded(t)) {
		groupBy(t, c, byServer, c.client.ConsumerGroup)
		return
	}
	_, source, _ := c.topic(t)
	_, err := openSource(guarded(t), source.with(byServer), nil)
	if err == nil || !strings.Contains(err.Error(), "groupProtocol is consumer, which this cluster does not offer") {
		t.Errorf("it opened with %v", err)
	}
}

// viewer returns the state of a group, and how many members it has.
type viewer func(ctx context.Context, group string) (state string, members int, err error)

func groupBy(t *testing.T, c cluster, protocol settings, view viewer) {
	is, ctx := is.New(t), guarded(t)
	topic, source, destination := c.topic(t)
	id := "g-" + uuid.NewString()
	source = source.with(settings{"groupID": id}).with(protocol)
	const each = 100
	round := func(n int, members ...*member) {
		t.Helper()
		awaitStable(ctx, t, view, id, len(members))
		_, err := write(ctx, destination, numbered(n*each, (n+1)*each, partitions)...)
		is.NoErr(err)
		records := make([][]opencdc.Record, len(members))
		for have := 0; have < each; {
			have = 0
			for i, m := range members {
				records[i] = append(records[i], m.take()...)
				have += len(records[i])
			}
			pause(ctx, t, "read", fmt.Sprintf("%d of %d", have, each))
		}
		var all []opencdc.Record
		for _, r := range records {
			is.True(len(r) > 0) // each has partitions
			all = append(all, r...)
		}
		eachOnce(t, all, n*each, (n+1)*each)
	}

	first := join(ctx, t, source)
	round(0, first)
	second := join(ctx, t, source)
	round(1, first, second)
	first.leave(t)
	round(2, second)
	second.leave(t)
	allCommitted(t, c, id, topic)
}

// awaitStable waits until a group has this many members and none of them is to rejoin.
func awaitStable(ctx context.Context, t *testing.T, view viewer, group string, members int) {
	t.Helper()
	for {
		state, n, err := view(ctx, group)
		if err == nil && state == "Stable" && n == members {
			return
		}
		pause(ctx, t, "group", fmt.Sprintf("%s with %d of %d members, %v", state, n, members, err))
	}
}

// pause lets a moment pass, or fails the test with what is waited for.
func pause(ctx context.Context, t *testing.T, what, state string) {
	t.Helper()
	select {
	case <-ctx.Done():
		t.Fatalf("%s: %s", what, state)
	case <-time.After(20 * time.Millisecond):
	}
}

// member is a source that reads and acknowledges.
type member struct {
	src  sdk.Source
	stop context.CancelFunc
	done chan error

	mu      sync.Mutex
	records []opencdc.Record
}

func join(ctx context.Context, t *testing.T, s settings) *member {
	t.Helper()
	src, err := openSource(ctx, s, nil)
	is.New(t).NoErr(err)
	m := &member{src: src, done: make(chan error, 1)}
	ctx, m.stop = context.WithCancel(ctx)
	go func() { m.done <- m.run(ctx) }()
	return m
}

func (m *member) run(ctx context.Context) error {
	for {
		records, err := m.src.ReadN(ctx, 1000)
		if err != nil {
			return err
		}
		for _, r := range records {
			if err := m.src.Ack(ctx, r.Position); err != nil {
				return err
			}
		}
		m.mu.Lock()
		m.records = append(m.records, records...)
		m.mu.Unlock()
	}
}

// take returns what was read since the last call.
func (m *member) take() []opencdc.Record {
	m.mu.Lock()
	defer m.mu.Unlock()
	records := m.records
	m.records = nil
	return records
}

func (m *member) leave(t *testing.T) {
	t.Helper()
	is := is.New(t)
	m.stop()
	is.True(errors.Is(<-m.done, context.Canceled))
	is.NoErr(m.src.Teardown(guarded(t)))
}
