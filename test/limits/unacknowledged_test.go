package limits_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
	"github.com/conduitio/conduit-connector-kafka/test/sides"
)

// A destination that stops acknowledging holds its source up, with what that has read
// ahead, for as long as it likes.
func TestSourceWhoseRecordsNobodyAcknowledgesStaysAsItIs(t *testing.T) {
	is := is.New(t)
	d, err := time.ParseDuration(os.Getenv("LIMITS_FOR"))
	if err != nil {
		d = 3 * time.Second
	}
	const (
		partitions = 48
		written    = 100_000
		most       = 20_000 // unacknowledged
	)
	ctx, cancel := context.WithTimeout(guarded(t), d+5*time.Minute)
	defer cancel()
	fake := embedded.Start(t, kfake.NumBrokers(3), kfake.SeedTopics(partitions, "t"))
	servers := strings.Join(fake.ListenAddrs(), ",")
	for range written / 1000 {
		_, err := sides.Write(ctx, settings{"servers": servers, "topic": "t", "partitioner": "round-robin"}, numbered(1000)...)
		is.NoErr(err)
	}
	src, err := sides.OpenSource(ctx, settings{
		"servers": servers, "topics": "t", "groupID": "g", "readFromBeginning": "true", "maxUncommitted": fmt.Sprint(most), "heartbeatInterval": "100ms", "sessionTimeout": "6s",
	}, nil)
	is.NoErr(err)
	read := 0
	take := func(d time.Duration) {
		for end := time.Now().Add(d); time.Now().Before(end); {
			short, stop := context.WithTimeout(ctx, min(time.Second, d))
			records, err := src.ReadN(short, 1000)
			stop()
			is.True(err == nil || errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil)
			read += len(records)
		}
	}
	for read < most || series(t)["conduit_kafka_lag_records"] < partitions {
		take(100 * time.Millisecond)
		is.NoErr(ctx.Err())
	}
	before := measure(t)
	t.Logf("%8s %7d read: %v", "begin", read, before)
	for i := range 6 {
		take(d / 6)
		now := measure(t)
		t.Logf("%8s %7d read: %v", (d / 6 * time.Duration(i+1)).Round(time.Second), read, now)
		if now.exceeds(before, 5, 8<<20) {
			t.Errorf("it has grown from %v to %v", before, now)
		}
	}
	is.True(read >= most && read < written)
	begun := time.Now()
	is.NoErr(src.Teardown(ctx))
	t.Logf("Teardown took %s", time.Since(begun).Round(time.Millisecond))
}
