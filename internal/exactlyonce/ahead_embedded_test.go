package exactlyonce

import (
	"context"
	"errors"
	"testing"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/transact"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

// followed is a writer with a transaction that is begun ahead, and its transactional ID.
func (w *world) followed(seen *requestsOf) (*writer, string) {
	w.t.Helper()
	x := w.start()
	for i := range 3 {
		x.sends(from(1, 0, i, i+1))
	}
	id := x.now().ID()
	w.True(x.now().ahead != nil)
	w.await("nothing is added", func() bool { return seen.begun(id) })
	return x, id
}

func TestWriterBeginsTheNextTransactionWhereSendsFollowEachOther(t *testing.T) {
	w := newWorld(t)
	seen := w.watch()
	x := w.start()
	for i := range 4 {
		x.sends(from(1, 0, i, i+1))
		w.Equal(x.now().ahead != nil, i > 0) // the first one has none to follow
	}
	id := x.now().ID()
	w.await("nothing is added", func() bool { return seen.begun(id) })
	w.has(from(1, 0, 0, 4)) // nobody waits for it
	w.Equal(seen.ends(false), 0)

	w.await("the transaction stays open", func() bool { return !seen.begun(id) }) // no Send comes
	w.Equal(seen.ends(false), 1)
	x.sends(from(1, 0, 4, 5))
	w.True(x.now().ahead == nil) // that was a pause
	w.has(from(1, 0, 0, 5))
	w.Equal(seen.ends(true), 5)
}

func TestWriterWritesInTheTransactionThatIsBegun(t *testing.T) {
	w := newWorld(t)
	seen := w.watch()
	x, id := w.followed(seen)
	added := embedded.Count(w.fake, int16(kmsg.AddPartitionsToTxn))
	l := x.now()
	x.ended = time.Now().Add(-soon) // no other one is begun
	x.sends(from(1, 0, 3, 4))
	w.True(l != x.now() && l.ID() == id)
	w.Equal(added.Load(), int64(0))
	w.Equal(seen.ends(false), 0)
	w.has(from(1, 0, 0, 4))
}

func TestWriterWritesToOtherPartitionsThanWereAddedAhead(t *testing.T) {
	w := newWorld(t)
	x := w.start()
	for i := range 6 {
		x.sends(from(1, i%2, i, i+1))
	}
	x.sends(from(1, 2, 0, 1), from(1, 0, 6, 7))
	w.has(from(1, 0, 0, 1), from(1, 0, 2, 3), from(1, 0, 4, 5), from(1, 0, 6, 7),
		from(1, 1, 1, 2), from(1, 1, 3, 4), from(1, 1, 5, 6), from(1, 2, 0, 1))
}

// The coordinator would end a transaction that began long ago, and the process with it.
func TestWriterBeginsAgainWhatWasBegunTooLongAgo(t *testing.T) {
	frozen := &ahead{began: time.Now().Add(-idle)}
	frozen.claimed, frozen.claim = context.WithCancel(context.Background())
	frozen.claim()
	for range 100 {
		if frozen.wanted(context.Background()) {
			t.Fatal("a process that was frozen goes on with a transaction from before")
		}
	}
}

func TestWriterLeavesNothingOpenWhenItIsClosed(t *testing.T) {
	w := newWorld(t)
	seen := w.watch()
	x, id := w.followed(seen)
	x.Close()
	w.True(!seen.begun(id))
	w.Equal(seen.ends(true), 3)
	w.Equal(seen.ends(false), 1)
}

// What is begun ahead is as good as nothing to a Send that fails, and to those after it.
func TestWriterAbortsOnlyWhatItHasWritten(t *testing.T) {
	w := newWorld(t)
	x := w.start()
	for i := range 3 {
		x.sends(from(1, 0, i, i+1))
	}
	batch := w.in(from(1, 0, 3, 6))
	batch[1].Value = make([]byte, 2<<20)
	for range 2 {
		n, err := x.Send(w.ctx, batch)
		w.Equal(n, 1)
		w.True(err != nil)
	}
	x.sends(from(1, 0, 5, 7))
	w.has(from(1, 0, 0, 4), from(1, 0, 5, 7))
}

// The answer to what adds partitions ahead gets lost, or to what ends the transaction again:
// the Send that it is for does not take it.
func TestWriterBeginsAgainWhereItIsNotKnownWhatIsBegun(t *testing.T) {
	for name, key := range map[string]kmsg.Key{"added": kmsg.AddPartitionsToTxn, "ended": kmsg.EndTxn} {
		t.Run(name, func(t *testing.T) {
			var spoiler embedded.Spoiler
			w := newWorld(t, spoiler.Option())
			x := w.start()
			x.sends(from(1, 0, 0, 1))
			x.sends(from(1, 0, 1, 2))
			l := x.now()
			w.NoErr(l.take(w.ctx))
			w.NoErr(l.Drop(w.ctx))
			spoiler.Next(key, embedded.Spoils()[0], 1)
			l.begin(x.open, []message.TopicPartition{{Topic: w.topic}, {Topic: x.cfg.Topic}})
			_, before := l.Producer()
			if key == kmsg.EndTxn {
				w.await("the transaction stays open", func() bool { return over(l.ahead) })
			}
			x.sends(from(1, 0, 2, 3))
			x.sends(from(1, 0, 3, 4))
			x.sends(from(1, 0, 4, 5))
			w.Equal(spoiler.Left(), 0)
			_, after := l.Producer()
			w.True(after > before)
			w.has(from(1, 0, 0, 5))
		})
	}
}

func over(a *ahead) bool {
	select {
	case <-a.done:
		return true
	default:
		return false
	}
}

// Another process has taken both IDs: the one that waits for a Send finds out first.
func TestWriterIsFencedInWhatIsBegunAhead(t *testing.T) {
	w := newWorld(t)
	fenced := 0
	w.hooks = transact.Hooks{Fenced: func() { fenced++ }}
	seen := w.watch()
	x, id := w.followed(seen)
	w.hooks = transact.Hooks{}
	embedded.Answer(w.fake, kmsg.EndTxn, func(req kmsg.Request) kmsg.Response {
		if r := req.(*kmsg.EndTxnRequest); r.TransactionalID != id || r.Commit {
			return nil
		}
		return embedded.Refusal(req, kerr.ProducerFenced.Code)
	})
	w.await("the transaction stays open", func() bool { return over(x.now().ahead) })
	for range 2 {
		_, err := x.Send(w.ctx, w.in(from(1, 0, 3, 4)))
		w.True(errors.As(err, new(*transact.FencedError)))
	}
	_ = x.lanes[1-x.turn].Fence(kafkago.ProducerFenced)
	w.Equal(fenced, 1)
	w.has(from(1, 0, 0, 3))
}
