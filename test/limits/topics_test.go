package limits_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// Topics come, are read and written, and go.
func TestTopicsThatComeAndGoLeaveNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		is := is.New(t)
		w := newWorld(t)
		ctx, src := w.source("source", settings{"topicsRegex": "t-.*", "commitOffsetsSize": "1"})
		is.NoErr(src.Open(ctx, nil))
		_, dst := w.destination("destination", settings{"topic": "{{ .Metadata.topic }}", "topicPartitions": "1", "topicReplicationFactor": "1"})
		is.NoErr(dst.Open(w.context("destination")))
		const atOnce = 50
		round := func(n int) {
			records := numbered(atOnce)
			names := make([]string, atOnce)
			for i := range records {
				names[i] = fmt.Sprintf("t-%d-%d", n, i)
				records[i].Metadata = map[string]string{"topic": names[i]}
			}
			_, err := dst.Write(w.context("destination"), records)
			is.NoErr(err)
			for read := 0; read < atOnce; {
				got, err := src.ReadN(ctx, atOnce)
				is.NoErr(err)
				for _, r := range got {
					is.NoErr(src.Ack(ctx, r.Position))
				}
				read += len(got)
			}
			w.delete(names)
			time.Sleep(30 * time.Second)
		}
		round(0)
		round(1)
		before := measure(t)
		for n := range times(3, 20) {
			round(n + 2)
		}
		after := measure(t)
		t.Logf("before: %v; after: %v", before, after)
		is.True(!after.exceeds(before, 5, 4<<20))
		is.NoErr(src.Teardown(ctx))
		is.NoErr(dst.Teardown(ctx))
	})
}

// delete deletes topics.
func (w *world) delete(names []string) {
	req := kmsg.NewPtrDeleteTopicsRequest()
	req.TimeoutMillis, req.TopicNames = 10_000, names
	for _, name := range names {
		t := kmsg.NewDeleteTopicsRequestTopic()
		t.Topic = &name
		req.Topics = append(req.Topics, t)
	}
	cl := w.judge()
	defer cl.Close()
	_, err := req.RequestWith(context.Background(), cl)
	is.New(w.T).NoErr(err)
}
