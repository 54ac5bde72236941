package hostile_test

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/rs/zerolog"

	"github.com/conduitio/conduit-connector-kafka/internal/printable"
	"github.com/conduitio/conduit-connector-kafka/internal/wire"
	"github.com/conduitio/conduit-connector-kafka/test/sides"
)

// side is a source or a destination, its Kafka and its log.
type side struct {
	*testing.T
	name string
	liar liar
	ctx  context.Context
	end  time.Time

	log sides.Log
}

// liar is what a side connects through.
type liar interface {
	Dial(ctx context.Context, network, addr string) (net.Conn, error)
	Requests() int64 // or connections
	Told() int64     // lies
	Wait()
}

func newSide(t *testing.T, name string, begin func(context.Context) liar) *side {
	s := &side{T: t, name: name, end: time.Now().Add(lifetime)}
	if os.Getenv("HOSTILE_FOR") != "" || os.Getenv("HOSTILE_SEED") != "" {
		s.end = time.Now().Add(longLifetime)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s.liar = begin(ctx)
	t.Cleanup(func() { cancel(); s.liar.Wait() })
	s.ctx = wire.WithDialer(zerolog.New(&s.log).Level(zerolog.TraceLevel).WithContext(context.Background()), s.liar.Dial)
	return s
}

// call makes a call that must end in its time, and judges its error.
func (s *side) call(name string, f func() error) error {
	s.Helper()
	done := make(chan error, 1)
	begun := time.Now()
	go func() { done <- f() }()
	select {
	case err := <-done:
		if err != nil {
			s.judge(name, err)
		}
		if took := time.Since(begun); took > 10*time.Second {
			s.Logf("%s: %s took %s", s.name, name, took.Round(time.Millisecond))
		}
		return err
	case <-time.After(maxCall):
		b := make([]byte, 1<<20)
		s.Fatalf("%s: %s still runs after %s\n%s", s.name, name, maxCall, b[:runtime.Stack(b, true)])
		return nil
	}
}

// judge looks at an error: it is printable, and says what it is about.
func (s *side) judge(name string, err error) {
	text := err.Error()
	if errors.Is(err, context.DeadlineExceeded) && name == "ReadN" {
		return
	}
	for line := range strings.SplitSeq(text, "\n") {
		if len(line) > 5000 || strings.ContainsFunc(line, func(r rune) bool { return !printable.Is(string(r)) }) {
			s.Errorf("%s: %s: not fit to print: %.1000q", s.name, name, text)
		}
	}
	// A producer ID is any broker's to give.
	for _, known := range []string{"127.0.0.1:", `group "g"`, "t/", `topic "t"`, "topic t", "broker ", "a producer ID"} {
		if strings.Contains(text, known) {
			return
		}
	}
	s.Errorf("%s: %s: names nothing: %.1000q", s.name, name, text)
}

// finish looks at what was logged and asked.
func (s *side) finish(begun time.Time) {
	took := max(1, time.Since(begun).Seconds())
	s.Logf("%s: %d requests in %.1f s, %d lies", s.name, s.liar.Requests(), took, s.liar.Told())
	if rate := float64(s.liar.Requests()) / took; rate > maxRate {
		s.Errorf("%s: %.0f requests a second", s.name, rate)
	}
	lines := strings.Split(strings.TrimSpace(s.log.String()), "\n")
	if n := float64(len(lines)) / took; n > maxLines {
		s.Errorf("%s: %.0f lines in the log a second, such as %.300s", s.name, n, lines[len(lines)/2])
	}
	for _, line := range lines {
		var fields map[string]any
		if line == "" || json.Unmarshal([]byte(line), &fields) != nil {
			continue
		}
		for _, v := range fields {
			if text, ok := v.(string); ok && !printable.Is(text) && strings.ContainsFunc(text, func(r rune) bool { return !printable.Is(string(r)) && r != '\n' }) {
				s.Errorf("%s: not fit to print: %.1000q", s.name, text)
			}
		}
	}
}

func (s *side) source(cfg settings) {
	begun := time.Now()
	defer s.finish(begun)
	ctx, cancel := context.WithTimeout(s.ctx, 30*time.Second)
	defer cancel()
	src := newSource(s.T, ctx, cfg)
	err := s.call("Open", func() error { return src.Open(ctx, nil) })
	var unacked []opencdc.Position
	for err == nil && time.Now().Before(s.end) {
		err = s.call("ReadN", func() error {
			short, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
			defer cancel()
			records, err := src.ReadN(short, 100)
			for _, r := range records {
				unacked = append(unacked, r.Position)
			}
			return err
		})
		if errors.Is(err, context.DeadlineExceeded) {
			err = nil
		}
		for p := range slices.Values(unacked) {
			err = errors.Join(err, s.call("Ack", func() error { return src.Ack(ctx, p) }))
		}
		unacked = nil
	}
	_ = s.call("Teardown", func() error { return src.Teardown(ctx) })
}

func (s *side) destination(cfg settings) {
	begun := time.Now()
	defer s.finish(begun)
	ctx, cancel := context.WithTimeout(s.ctx, 30*time.Second)
	defer cancel()
	dst := newDestination(s.T, ctx, cfg)
	err := s.call("Open", func() error { return dst.Open(ctx) })
	for err == nil && time.Now().Before(s.end) {
		err = s.call("Write", func() error { _, err := dst.Write(ctx, numbered(10)); return err })
		time.Sleep(50 * time.Millisecond)
	}
	_ = s.call("Teardown", func() error { return dst.Teardown(ctx) })
}
