package cluster

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
	"go.uber.org/goleak"

	"github.com/conduitio/conduit-connector-kafka/internal/wire"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var config = wire.Config{ClientID: "test", DialTimeout: 20 * time.Second, RequestTimeout: 20 * time.Second}

func guarded(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// frozen listens, accepts, and never answers.
func frozen(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	is.New(t).NoErr(err)
	t.Cleanup(func() { l.Close() })
	return l.Addr().String()
}

func newClient(t *testing.T, seeds ...string) *Client {
	c := New(seeds, config)
	t.Cleanup(c.Close)
	return c
}

func TestAsksTheNextBrokerWhenOneIsSilent(t *testing.T) {
	is := is.New(t)
	fake := embedded.Start(t, kfake.SeedTopics(3, "t"))
	patient := config
	patient.DialTimeout = time.Hour // the silent ones are not waited for
	c := New([]string{frozen(t), frozen(t), fake.ListenAddrs()[0]}, patient)
	t.Cleanup(c.Close)
	topics, err := c.Refresh(guarded(t), []string{"t"})
	is.NoErr(err)
	is.Equal(len(topics["t"].Partitions), 3)
}

func TestNamesEveryBrokerThatFailed(t *testing.T) {
	is := is.New(t)
	_, err := newClient(t, "127.0.0.1:1", "127.0.0.1:2").Refresh(guarded(t), nil)
	t.Log(err)
	is.True(strings.Contains(err.Error(), "127.0.0.1:1:") && strings.Contains(err.Error(), "127.0.0.1:2:"))
	is.True(Retriable(err))
}

func TestTellsATopicThatIsMissingFromTheOthers(t *testing.T) {
	is := is.New(t)
	fake := embedded.Start(t, kfake.SeedTopics(3, "t"))
	topics, err := newClient(t, fake.ListenAddrs()...).Refresh(guarded(t), []string{"t", "missing"})
	is.NoErr(err)
	is.NoErr(topics["t"].Err)
	is.True(topics["missing"].Err != nil)
	_, ok := topics["t"].Partition(2)
	is.True(ok)
	_, ok = topics["t"].Partition(3)
	is.True(!ok)
}

func TestDialsAgainWhenAConnectionDied(t *testing.T) {
	is := is.New(t)
	ctx := guarded(t)
	fake := embedded.Start(t, kfake.NumBrokers(1), kfake.SeedTopics(1, "t"))
	c := newClient(t, fake.ListenAddrs()...)
	_, err := c.Refresh(ctx, nil)
	is.NoErr(err)
	embedded.Disconnect(fake, int16(kmsg.Metadata), 1)
	_, err = c.Refresh(ctx, nil)
	is.True(err != nil)
	_, err = c.Refresh(ctx, nil)
	is.NoErr(err)
}

func TestListsTheEndsOfALog(t *testing.T) {
	is := is.New(t)
	ctx := guarded(t)
	fake := embedded.Start(t, kfake.SeedTopics(1, "t"))
	c := newClient(t, fake.ListenAddrs()...)
	_, err := c.Refresh(ctx, []string{"t"})
	is.NoErr(err)
	for _, at := range []int64{Earliest, Latest} {
		offset, err := c.ListOffset(ctx, "t", 0, at, true)
		is.NoErr(err)
		is.Equal(offset, int64(0))
	}
	_, err = c.ListOffset(ctx, "t", 9, Latest, true)
	is.True(Retriable(err)) // it may come
}

func TestAClosedClientAnswersAtOnce(t *testing.T) {
	is := is.New(t)
	fake := embedded.Start(t)
	c := New(fake.ListenAddrs(), config)
	c.Close()
	_, err := c.Refresh(guarded(t), nil)
	is.True(errors.Is(err, wire.ErrClosed))
}
