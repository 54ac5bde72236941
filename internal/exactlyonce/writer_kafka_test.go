package exactlyonce

import (
	"errors"
	"math/rand"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/transact"
	"github.com/conduitio/conduit-connector-kafka/test/broker"
)

func newKafkaWorld(t *testing.T, o broker.Options) (*world, *broker.Cluster) {
	t.Helper()
	kafka := broker.ForTest(t, o)
	w := worldOf(t, kafka.Servers(), kafka.Direct())
	w.topic, w.id = "t-"+uuid.NewString(), uuid.NewString()
	w.NoErr(w.truth.CreateTopic(w.ctx, w.topic, partitions, nil))
	return w, kafka
}

// Connections are cut in the middle of requests and of answers, and processes are killed at
// any moment and begin again somewhere before: each record is seen once and in order.
func TestWriterWritesOnceWhateverIsCutOrKilled(t *testing.T) {
	w, kafka := newKafkaWorld(t, broker.Options{Proxied: true})
	stop := kafka.Proxy(1).CutAtRandom(3_000)
	rnd := rand.New(rand.NewSource(2))
	const end, size = 2000, 60
	var next [partitions]int // of the source
	kills, failures := 0, 0
	x := w.start()
	for run := 1; next[0] < end || next[1] < end || next[2] < end; {
		var batch []message.Message
		var until [partitions]int
		for p := range next {
			until[p] = min(end, next[p]+rnd.Intn(size))
			batch = append(batch, from(run, p, next[p], until[p])...)
		}
		var killer *time.Timer
		doomed := rnd.Intn(4) == 0
		if doomed {
			killer = time.AfterFunc(time.Duration(rnd.Intn(30))*time.Millisecond, x.kill)
		}
		n, err := x.Send(w.ctx, w.in(batch))
		if err == nil {
			w.Equal(n, len(batch))
			next = until
		} else if !doomed {
			t.Log(err)
			failures++
		}
		if doomed {
			killer.Stop()
			x.kill()
			kills++
			run++
			x = w.start()
			for p := range next { // what the source has noted is older
				next[p] = max(0, next[p]-rnd.Intn(100))
			}
		}
	}
	t.Logf("%d kills, %d cuts, %d failures", kills, stop(), failures)
	w.True(kills > 10)
	w.has(from(0, 0, 0, end), from(0, 1, 0, end), from(0, 2, 0, end))
}

// A process that was killed leaves a transaction open, whose records nobody sees.
func TestWriterEndsTheTransactionOfItsFormerSelf(t *testing.T) {
	w, _ := newKafkaWorld(t, broker.Options{})
	x := w.start()
	x.sends(from(1, 0, 0, 3))
	batch := w.in(from(1, 0, 3, 6))
	_, err := x.now().producer.Send(w.ctx, batch) // and no more
	w.NoErr(err)
	y := w.start()
	w.has(from(1, 0, 0, 3)) // none is waited for
	y.sends(from(2, 0, 1, 5))
	_, err = x.Send(w.ctx, w.in(from(1, 0, 6, 7)))
	w.True(errors.As(err, new(*transact.FencedError)))
	y.sends(from(2, 0, 5, 6))
	w.has(from(1, 0, 0, 6))
}

func TestWriterCommitsOnKafkaWhatComesBeforeARecordThatCannotBeWritten(t *testing.T) {
	w, _ := newKafkaWorld(t, broker.Options{})
	w.topic = "t-" + uuid.NewString()
	// A compacted topic wants keys.
	w.NoErr(w.truth.CreateTopic(w.ctx, w.topic, partitions, map[string]string{"cleanup.policy": "compact"}))
	x := w.start()
	keyed := func(messages ...[]message.Message) []message.Message {
		batch := w.in(messages...)
		for i := range batch {
			batch[i].Key = batch[i].Value
		}
		return batch
	}
	for i := 0; i < 100; i += 10 {
		batch := keyed(from(1, 0, i, i+5), from(1, 1, i, i+10), from(1, 0, i+5, i+10))
		batch[7].Key = nil
		n, err := x.Send(w.ctx, batch)
		w.Equal(n, 7)
		var of *message.RecordError
		w.True(errors.As(err, &of))
		w.Equal(of.Index, 7)
		x.sends(batch[8:])
	}
	want := []message.Message{}
	for i := range 100 {
		if i%10 != 2 {
			want = append(want, part(1, 1, i, ""))
		}
	}
	w.has(from(1, 0, 0, 100), want)
}

// What is begun ahead is for a topic that is gone then.
func TestWriterWritesProgressAgainThatHasDisappearedFromKafka(t *testing.T) {
	for name, disappear := range disappearances {
		if name == "with older records" {
			continue // Kafka deletes none from a topic that is compacted
		}
		t.Run(name, func(t *testing.T) {
			w, _ := newKafkaWorld(t, broker.Options{})
			x, warnings := w.startWatching()
			x.sends(from(1, 0, 0, 3), from(1, 1, 0, 3))
			x.sends(from(1, 1, 3, 4))
			w.goesOnWithoutProgress(x, warnings, disappear)
		})
	}
}
