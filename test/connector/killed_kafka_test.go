package connector_test

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"

	"github.com/conduitio/conduit-commons/opencdc"
	sdk "github.com/conduitio/conduit-connector-sdk"
	"github.com/google/uuid"
	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/internal/wire"
	"github.com/conduitio/conduit-connector-kafka/test/broker"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

// mortal is a process of whose end the cluster does not hear: its connections end, and
// there are no others.
type mortal struct {
	mu    sync.Mutex
	dead  bool
	conns []net.Conn
}

func (m *mortal) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, addr)
	m.mu.Lock()
	defer m.mu.Unlock()
	if err == nil && m.dead {
		return nil, errors.Join(errors.New("the process was killed"), conn.Close())
	}
	m.conns = append(m.conns, conn)
	return conn, err
}

func (m *mortal) kill() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.dead = true
	for _, conn := range m.conns {
		_ = conn.Close()
	}
}

// readAndKill opens a source in a process of its own, reads count records, acknowledges
// the first acked and kills the process. It returns the position of the last of those.
func readAndKill(t *testing.T, s settings, from opencdc.Position, count, acked int) opencdc.Position {
	t.Helper()
	is := is.New(t)
	var process mortal
	ctx := wire.WithDialer(guarded(t), process.dial)
	src, err := openSource(ctx, s, from)
	is.NoErr(err)
	records, err := read(ctx, src, count)
	is.NoErr(err)
	for _, r := range records[:acked] {
		is.NoErr(src.Ack(ctx, r.Position))
	}
	process.kill()
	go func() { _ = src.Teardown(ctx) }() // which can't leave the group any more
	return records[acked-1].Position
}

// Nothing but the member's ID in the position ends the wait for the member: its session
// lasts for longer than the test.
func TestSourceOfAKilledProcessDoesNotWaitForItself(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	ctx := guarded(t)
	cluster, _, topic := realKafka(t, 3)
	s := settings{"servers": list(cluster.Servers()), "topics": topic, "groupID": topic, "readFromBeginning": "true", "sessionTimeout": "10m"}
	_, err := write(ctx, settings{"servers": s["servers"], "topic": topic}, numbered(300)...)
	is.NoErr(err)
	var position opencdc.Position
	for range 3 {
		position = readAndKill(t, s, position, 1, 1)
	}
	src, err := openSource(ctx, s, position)
	is.NoErr(err)
	_, err = read(ctx, src, 1)
	is.NoErr(err)
	is.NoErr(src.Teardown(ctx))
}

// A group that is new waits for more members (group.initial.rebalance.delay.ms), and so
// does one that was left by its last one.
func TestSourceOfAKilledProcessIsBackBeforeANewGroupHasFormed(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	ctx := guarded(t)
	cluster, err := broker.Start(ctx, broker.Options{Properties: map[string]string{"group.initial.rebalance.delay.ms": "8000"}})
	if errors.Is(err, broker.ErrUnavailable) {
		t.Skip(err)
	}
	is.NoErr(err)
	defer func() { is.NoErr(cluster.Stop()) }()
	client, err := kclient.New(cluster.Servers())
	is.NoErr(err)
	defer client.Close()
	topic := freshTopic(t, client, 3)
	s := settings{"servers": list(cluster.Servers()), "topics": topic, "groupID": topic, "readFromBeginning": "true", "sessionTimeout": "10m"}
	_, err = write(ctx, settings{"servers": s["servers"], "topic": topic}, numbered(300)...)
	is.NoErr(err)
	position := readAndKill(t, s, nil, 1, 1)

	arrived := make(chan string, 2)
	first := func(who string, s settings, from opencdc.Position) sdk.Source {
		src, err := openSource(ctx, s, from)
		is.NoErr(err)
		go func() {
			if _, err := src.ReadN(ctx, 1); err == nil {
				arrived <- who
			}
		}()
		return src
	}
	fresh := first("the new group", s.with(settings{"groupID": uuid.NewString()}), nil)
	again := first("the source that was killed", s, position)
	is.Equal(<-arrived, "the source that was killed")
	is.NoErr(errors.Join(again.Teardown(ctx), fresh.Teardown(ctx)))
}
