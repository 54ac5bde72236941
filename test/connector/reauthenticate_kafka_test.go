package connector_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	sdk "github.com/conduitio/conduit-connector-sdk"
	"github.com/matryer/is"
	"github.com/rs/zerolog"

	"github.com/conduitio/conduit-connector-kafka/test/broker"
)

// maxReauth is how long the brokers of these tests take a connection for
// authenticated, and sessions how many such times the tests last.
const (
	maxReauth = 4 * time.Second
	sessions  = 5
)

// With connections.max.reauth.ms a broker hangs up on who sends a request after
// the end of its session. A connector that lets that happen warns of an interrupted
// fetch or write.
func TestSessionsThatEndAreNotNoticed(t *testing.T) {
	cluster := broker.ForTest(t, broker.Options{Secure: true, Properties: map[string]string{
		"connections.max.reauth.ms": fmt.Sprint(maxReauth.Milliseconds()),
	}})
	login := settings{"saslUsername": broker.User, "saslPassword": broker.Password}
	for mechanism, credentials := range map[string]settings{
		"PLAIN": login, "SCRAM-SHA-256": login, "SCRAM-SHA-512": login,
		"OAUTHBEARER": {"oauth.tokenFile": tokenFile(t, broker.Token("connector", time.Now().Add(time.Hour)))},
	} {
		t.Run(mechanism, func(t *testing.T) {
			t.Parallel()
			outliveSessions(t, credentials.with(settings{
				"servers": list(cluster.SASLSSL()), "caCert": string(cluster.Certs().CA),
				"saslMechanism": mechanism, "topic": "sessions-" + mechanism,
			}), sessions*maxReauth)
		})
	}
}

// outliveSessions writes and reads for some sessions and wants each record once,
// in order, and no warning.
func outliveSessions(t *testing.T, s settings, duration time.Duration) {
	is := is.New(t)
	ctx, cancel := context.WithTimeout(context.Background(), guard+2*duration)
	defer cancel()
	ctx, warnings := silent(t, ctx)
	dst, err := openDestination(ctx, s.with(nil))
	is.NoErr(err)
	n, err := dst.Write(ctx, numbered(1)) // creates the topic
	is.NoErr(err)
	is.Equal(n, 1)
	src, err := openSource(ctx, s.with(settings{"readFromBeginning": "true", "commitOffsetsDelay": "100ms"}), nil)
	is.NoErr(err)
	r := startReading(ctx, src)
	r.wait(t, 1)
	warnings.Store(true) // before, a fresh cluster and the schema middleware have their reasons

	written, slowest := 1, time.Duration(0)
	for end := time.Now().Add(duration); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		began := time.Now()
		n, err := dst.Write(ctx, numbered(written + 10)[written:])
		is.NoErr(err)
		written, slowest = written+n, max(slowest, time.Since(began))
	}
	r.wait(t, written)
	is.NoErr(r.stop())
	is.NoErr(dst.Teardown(ctx))
	is.NoErr(src.Teardown(ctx))
	for i, key := range r.keys {
		is.Equal(key, fmt.Sprintf("key-%d", i)) // each once, in order
	}
	is.Equal(len(r.keys), written)
	t.Logf("%d records in %s, the slowest write took %s", written, duration, slowest)
}

// reader reads and acknowledges until it is stopped.
type reader struct {
	keys   []string
	count  atomic.Int64
	cancel context.CancelFunc
	done   chan error
}

func startReading(ctx context.Context, src sdk.Source) *reader {
	ctx, cancel := context.WithCancel(ctx)
	r := &reader{cancel: cancel, done: make(chan error, 1)}
	go func() { r.done <- r.read(ctx, src) }()
	return r
}

func (r *reader) read(ctx context.Context, src sdk.Source) error {
	for {
		records, err := src.ReadN(ctx, 100)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("after %d records: %w", len(r.keys), err)
		}
		for _, rec := range records {
			r.keys = append(r.keys, string(rec.Key.Bytes()))
			if err := src.Ack(ctx, rec.Position); err != nil {
				return err
			}
		}
		r.count.Store(int64(len(r.keys)))
	}
}

// wait waits for records, or for the end of the reading.
func (r *reader) wait(t *testing.T, count int) {
	t.Helper()
	for deadline := time.Now().Add(guard); r.count.Load() < int64(count) && len(r.done) == 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d records came", r.count.Load(), count)
		}
	}
}

func (r *reader) stop() error {
	r.cancel()
	return <-r.done
}

// silent returns a context whose logger fails the test where a connector warns,
// from the time on when the flag is set.
func silent(t *testing.T, ctx context.Context) (context.Context, *atomic.Bool) {
	set := new(atomic.Bool)
	hook := zerolog.HookFunc(func(_ *zerolog.Event, level zerolog.Level, msg string) {
		if level >= zerolog.WarnLevel && set.Load() {
			t.Errorf("the connector warns: %s", msg)
		}
	})
	logger := zerolog.New(logOf(t)).Level(zerolog.InfoLevel).Hook(hook)
	return logger.WithContext(ctx), set
}
