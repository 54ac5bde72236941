package connector_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"
	sdk "github.com/conduitio/conduit-connector-sdk"
	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

// A right that is taken away shows in the log; once it is given back the source goes on,
// and nothing is passed over.
func TestSourceOutlivesARightThatIsTakenAway(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		has, taken          []right
		operation, resource string // that the log names
	}{
		"read topic":       {[]right{onTopic(describing), onTopic(reading), onGroup(reading)}, []right{onTopic(reading)}, "Read", "topic"},
		"all of the topic": {[]right{onTopic(reading), onGroup(reading)}, []right{onTopic(reading)}, "Read", "topic"},
		"read group":       {[]right{onTopic(reading), onGroup(describing), onGroup(reading)}, []right{onGroup(reading)}, "Read", "group"},
		"all of the group": {[]right{onTopic(reading), onGroup(reading)}, []right{onGroup(reading)}, "Read", "group"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			l := newLogin(t)
			ctx, log := logged(t)
			is.NoErr(l.client.CreateTopic(ctx, l.topic, 1, nil))
			l.allow(c.has...)
			src, err := openSource(ctx, l.source(), nil)
			is.NoErr(err)
			writer := l.super
			seen := make(map[string]bool)
			_, err = write(ctx, writer, numbered(5)...)
			is.NoErr(err)
			is.NoErr(readUntil(ctx, src, seen, func() bool { return len(seen) >= 5 }))

			l.disallow(c.taken...)
			words := l.missing(c.operation, c.resource)
			is.NoErr(readUntil(ctx, src, seen, func() bool {
				text := strings.ReplaceAll(log.String(), `\"`, `"`)
				return strings.Contains(text, words[0]) && strings.Contains(text, words[1])
			}))
			more := numbered(10)[5:]
			_, err = write(ctx, writer, more...)
			is.NoErr(err)

			l.allow(c.taken...)
			committed := func() int64 {
				offsets, err := l.client.Committed(ctx, l.group, l.topic)
				is.NoErr(err)
				return offsets[0]
			}
			// Brokers hear of the right a moment later, and reading alone needs none on the group.
			is.NoErr(readUntil(ctx, src, seen, func() bool { return len(seen) == 10 && committed() == 10 }))
			is.NoErr(src.Teardown(ctx))
			is.Equal(committed(), int64(10))
		})
	}
}

// readUntil reads and acknowledges what a source has until done, and notes keys.
func readUntil(ctx context.Context, src sdk.Source, seen map[string]bool, done func() bool) error {
	for !done() {
		short, stop := context.WithTimeout(ctx, 100*time.Millisecond)
		records, err := src.ReadN(short, 10)
		stop()
		if err != nil && (ctx.Err() != nil || !errors.Is(err, context.DeadlineExceeded)) {
			return err
		}
		for _, r := range records {
			seen[string(r.Key.Bytes())] = true
			if err := src.Ack(ctx, r.Position); err != nil {
				return err
			}
		}
	}
	return nil
}

// A right that is taken away is the error of the next Write, with the command that grants
// it; once it is given back, writing goes on.
func TestDestinationOutlivesARightThatIsTakenAway(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		has, taken []right
		operation  string
	}{
		"write topic":      {[]right{onTopic(describing), onTopic(writing)}, []right{onTopic(writing)}, "Write"},
		"all of the topic": {[]right{onTopic(writing)}, []right{onTopic(writing)}, "Write"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			l, ctx := newLogin(t), guarded(t)
			is.NoErr(l.client.CreateTopic(ctx, l.topic, 1, nil))
			l.allow(c.has...)
			dst, err := openDestination(ctx, l.destination())
			is.NoErr(err)
			_, err = dst.Write(ctx, numbered(3))
			is.NoErr(err)

			l.disallow(c.taken...)
			err = writeUntil(ctx, dst, numbered(3), func(err error) bool { return err != nil })
			expect.Error(t, err, l.missing(c.operation, "topic")...)
			l.allow(c.taken...)
			is.NoErr(writeUntil(ctx, dst, numbered(3), func(err error) bool { return err == nil }))
			is.NoErr(dst.Teardown(ctx))
		})
	}
}

func writeUntil(ctx context.Context, dst sdk.Destination, records []opencdc.Record, done func(error) bool) error {
	for {
		if _, err := dst.Write(ctx, records); done(err) || ctx.Err() != nil {
			return err
		}
		time.Sleep(20 * time.Millisecond)
	}
}
