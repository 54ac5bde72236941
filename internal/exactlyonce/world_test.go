package exactlyonce

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/produce"
	"github.com/conduitio/conduit-connector-kafka/internal/progress"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
	"github.com/conduitio/conduit-connector-kafka/internal/transact"
	"github.com/conduitio/conduit-connector-kafka/internal/wire"
	"github.com/conduitio/conduit-connector-kafka/test/broker"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

func TestMain(m *testing.M) { broker.Main(m) }

const (
	topic      = "t"
	partitions = 3
)

// world is a cluster, and what a destination is told of it.
type world struct {
	*is.I
	t       testing.TB
	ctx     context.Context
	fake    *kfake.Cluster // nil with Kafka itself
	servers []string
	truth   *kclient.Client
	topic   string
	id      string
	limit   time.Duration

	newTopics produce.NewTopics
	hooks     transact.Hooks

	transactionTimeout time.Duration
}

func newWorld(t *testing.T, opts ...kfake.Opt) *world {
	t.Helper()
	fake := embedded.Start(t, append(opts, kfake.SeedTopics(partitions, topic))...)
	w := worldOf(t, fake.ListenAddrs(), fake.ListenAddrs())
	w.fake, w.topic, w.id = fake, topic, "me"
	return w
}

func worldOf(t testing.TB, servers, direct []string) *world {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	t.Cleanup(cancel)
	truth, err := kclient.New(direct)
	is.New(t).NoErr(err)
	t.Cleanup(truth.Close)
	return &world{I: is.New(t), t: t, ctx: ctx, servers: servers, truth: truth, limit: 40 * time.Second, transactionTimeout: 50 * time.Second}
}

// writer is one process, from Open on. It is left as a process that was killed leaves it.
type writer struct {
	*Writer
	*is.I
	w      *world
	client *cluster.Client
}

func (w *world) start() *writer { return w.startAs(w.id) }

// startAs starts a process with a transactional ID of its own.
func (w *world) startAs(transactionalID string) *writer {
	w.t.Helper()
	x := w.create(transactionalID)
	w.NoErr(x.Open(w.ctx))
	return x
}

func (w *world) create(transactionalID string) *writer {
	client := cluster.New(w.servers, wire.Config{ClientID: "test", DialTimeout: 5 * time.Second, RequestTimeout: 5 * time.Second})
	for _, err := client.Refresh(w.ctx, []string{}); err != nil; _, err = client.Refresh(w.ctx, []string{}) {
		w.NoErr(w.ctx.Err())
	}
	x := New(client, Config{
		ID: w.id, TransactionalID: transactionalID, Topic: "progress-" + w.id, Shared: transactionalID != w.id, Limit: w.limit, TransactionTimeout: w.transactionTimeout,
		Origin: new(origins).find, Hooks: w.hooks,
		Produce: produce.Config{
			Acks: produce.AcksAll, DeliveryTimeout: w.limit, RequestTimeout: 5 * time.Second, BatchBytes: 1 << 20, NewTopics: w.newTopics,
			Warn: func(msg string, err error) { w.t.Log(msg, err) },
		},
	})
	out := &writer{x, w.I, w, client}
	w.t.Cleanup(out.kill)
	return out
}

// origins finds positions as the tests write them: run/partition/offset.
type origins struct{ runs map[string]*progress.Run }

func (o *origins) find(position []byte) (*progress.Run, int64, error) {
	cut := bytes.LastIndexByte(position, '/') + 1
	offset, err := strconv.ParseInt(string(position[cut:]), 10, 64)
	if err != nil || cut == 0 {
		return nil, 0, fmt.Errorf("no position: %q", position)
	}
	run := o.runs[string(position[:cut])]
	if run == nil {
		key := string(position[:cut])
		partition, _ := strconv.Atoi(strings.Split(key, "/")[1])
		run = &progress.Run{Key: progress.Key{Group: "g", Topic: "source", TopicID: [16]byte{1}, Partition: int32(partition)}}
		if o.runs == nil {
			o.runs = make(map[string]*progress.Run)
		}
		o.runs[key] = run
	}
	return run, offset, nil
}

// now is what has the next transaction, or the one that is open.
func (x *writer) now() *lane { return x.lanes[x.turn] }

// kill ends a process, and what it was about to do.
func (x *writer) kill() {
	x.client.Close() // first, so that it can't end a transaction
	x.Close()
}

// from makes messages of the records of a source's partition from one offset to before
// another, each value naming its place.
func from(run, partition, first, end int) (out []message.Message) {
	for i := first; i < end; i++ {
		out = append(out, part(run, partition, i, ""))
	}
	return out
}

// part is a message that a processor made of a record.
func part(run, partition, offset int, name string) message.Message {
	return message.Message{
		Topic: topic, Partition: int32(partition % partitions), Position: fmt.Appendf(nil, "%d/%d/%d", run, partition, offset),
		Record: recordbatch.Record{Value: fmt.Appendf(nil, "%d/%d%s", partition, offset, name)},
	}
}

// sends writes all messages.
func (x *writer) sends(messages ...[]message.Message) {
	x.w.t.Helper()
	batch := x.w.in(messages...)
	n, err := x.Send(x.w.ctx, batch)
	x.NoErr(err)
	x.Equal(n, len(batch))
}

// in puts messages into the world's topic.
func (w *world) in(messages ...[]message.Message) (out []message.Message) {
	for _, some := range messages {
		for _, m := range some {
			m.Topic = w.topic
			out = append(out, m)
		}
	}
	return out
}

// committed reads what consumers see, by partition.
func (w *world) committed() map[int32][]string {
	w.t.Helper()
	records, err := w.truth.ConsumeCommitted(w.ctx, w.topic)
	w.NoErr(err)
	out := map[int32][]string{}
	for _, r := range records {
		out[r.Partition] = append(out[r.Partition], string(r.Value))
	}
	return out
}

// await waits for a condition.
func (w *world) await(what string, done func() bool) {
	w.t.Helper()
	for end := time.Now().Add(10 * time.Second); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			w.t.Fatal(what)
		}
	}
}

// has compares what consumers see with messages.
func (w *world) has(messages ...[]message.Message) {
	w.t.Helper()
	want := map[int32][]string{}
	for _, some := range messages {
		for _, m := range some {
			want[m.Partition] = append(want[m.Partition], string(m.Value))
		}
	}
	got := w.committed()
	// The markers of the last transaction come a moment after Send has returned.
	for end := time.Now().Add(10 * time.Second); fmt.Sprint(got) != fmt.Sprint(want); got = w.committed() {
		if time.Now().After(end) {
			w.t.Fatalf("consumers see %v, want %v", got, want)
		}
		time.Sleep(10 * time.Millisecond)
	}
}
