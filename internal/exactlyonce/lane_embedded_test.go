package exactlyonce

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/internal/transact"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

// The end of a transaction takes as long as it wants to.
func TestWriterDoesNotWaitForTheEndOfTheLastTransaction(t *testing.T) {
	w := newWorld(t)
	x := w.start()
	x.sends(from(1, 0, 0, 3))
	var ended atomic.Bool
	embedded.Answer(w.fake, kmsg.AddPartitionsToTxn, func(req kmsg.Request) kmsg.Response {
		if req.(*kmsg.AddPartitionsToTxnRequest).TransactionalID != w.id || ended.Load() {
			return nil
		}
		return embedded.Refusal(req, kerr.ConcurrentTransactions.Code)
	})
	x.sends(from(1, 0, 3, 5))
	ended.Store(true)
	x.sends(from(1, 0, 5, 9))
	w.has(from(1, 0, 0, 9))
}

// Two processes with the same transactional ID open at the same time: each fences the other
// under one of the two IDs.
func TestWriterOfTwoThatOpenAtOnceOneWrites(t *testing.T) {
	w := newWorld(t)
	x := w.create(w.id)
	w.NoErr(x.topic.Ensure(w.ctx))
	w.NoErr(x.lanes[0].fence(w.ctx))
	y := w.start()
	y.sends(from(2, 0, 0, 3))
	w.NoErr(x.lanes[1].fence(w.ctx))
	w.NoErr(x.topic.Read(w.ctx, x.table))
	for _, loser := range []*writer{x, y} { // y has written last under the first one
		_, err := loser.Send(w.ctx, w.in(from(3, 0, 1, 6)))
		w.True(errors.As(err, new(*transact.FencedError)))
	}
	w.start().sends(from(4, 0, 1, 5))
	w.has(from(1, 0, 0, 5))
}

// Sends follow each other. One request of one of them, or its answer, is lost, and the
// process goes on, or is killed at that moment and begins again somewhat before.
func TestWriterWritesOnceWhicheverRequestIsLost(t *testing.T) {
	const sends, each = 5, 4
	keys := []kmsg.Key{kmsg.AddPartitionsToTxn, kmsg.Produce, kmsg.EndTxn}
	for _, key := range keys {
		for at := range sends {
			for _, c := range []struct{ answer, kill bool }{{false, false}, {true, false}, {false, true}, {true, true}} {
				name := fmt.Sprintf("%s %d, answer: %t, killed: %t", key.Name(), at, c.answer, c.kill)
				t.Run(name, func(t *testing.T) {
					var spoiler embedded.Spoiler
					w := newWorld(t, spoiler.Option())
					x := w.start()
					killed := false
					for i := range sends + 1 {
						if i == at {
							w.lose(&spoiler, key, c.answer, c.kill, x)
						}
						first, end := max(0, i-1)*each, (i+1)*each
						_, err := x.Send(w.ctx, w.in(from(1, 0, first, end), from(1, 1, i*each, end)))
						if err != nil && c.kill && !killed {
							killed = true
							x.kill()
							w.abortOpen(x)
							x = w.start()
							x.sends(from(2, 0, 0, end), from(2, 1, 0, end))
							continue
						}
						w.NoErr(err)
					}
					w.has(from(1, 0, 0, (sends+1)*each), from(1, 1, 0, (sends+1)*each))
				})
			}
		}
	}
}

// abortOpen ends what a killed process has left open. Kafka does it when the next one begins;
// kfake leaves it open then.
func (w *world) abortOpen(x *writer) {
	w.t.Helper()
	for _, l := range x.lanes {
		id := l.ID()
		req := kmsg.NewPtrInitProducerIDRequest()
		req.TransactionalID, req.TransactionTimeoutMillis = &id, 60_000
		req.ProducerID, req.ProducerEpoch = l.Producer()
		res, err := req.RequestWith(w.ctx, w.truth.Raw())
		w.NoErr(err)
		w.NoErr(kerr.ErrorForCode(res.ErrorCode))
	}
}

// lose loses the next request of a kind, or the answer to it, and kills a process then.
func (w *world) lose(spoiler *embedded.Spoiler, key kmsg.Key, answer, kill bool, x *writer) {
	if answer {
		spoiler.Next(key, embedded.Spoils()[0], 1)
	}
	w.fake.ControlKey(key.Int16(), func(kmsg.Request) (kmsg.Response, error, bool) {
		if kill {
			go x.client.Close()
		}
		if answer {
			return nil, nil, false
		}
		return nil, errors.New("lost"), true
	})
}
