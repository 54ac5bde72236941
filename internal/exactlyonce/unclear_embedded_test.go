package exactlyonce

import (
	"context"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

// The coordinator commits, and nobody hears of it.
func TestWriterFindsOutThatATransactionWasCommitted(t *testing.T) {
	w := newWorld(t)
	x := w.start()
	x.sends(from(1, 0, 0, 2))
	batch := w.in(from(1, 0, 2, 5))
	var err error
	x.places, err = x.table.Places(batch, nil)
	w.NoErr(err)
	x.choose(batch)
	w.NoErr(x.transaction(w.ctx, len(batch)))
	x.table.Left(batch, x.places)
	x.now().astray = true
	x.sends(from(1, 0, 2, 7)) // the same again
	w.has(from(1, 0, 0, 7))
}

// The coordinator says nothing until the time of the Send is over.
func TestWriterAbortsATransactionWhoseEndNobodyAnswers(t *testing.T) {
	w := newWorld(t)
	x := w.start()
	x.sends(from(1, 0, 0, 2))
	embedded.Ignore(w.fake, int16(kmsg.EndTxn), 1)
	ctx, cancel := context.WithTimeout(w.ctx, 500*time.Millisecond)
	defer cancel()
	n, err := x.Send(ctx, w.in(from(1, 0, 2, 5)))
	w.Equal(n, 0)
	w.True(err != nil)
	w.has(from(1, 0, 0, 2))
	x.sends(from(1, 0, 2, 7)) // the same again
	w.has(from(1, 0, 0, 7))
}

// Whatever step of a transaction a broker refuses once, or hangs up at, the records are
// written once.
func TestWriterBeginsAnotherTransactionAfterOneThatIsSpoilt(t *testing.T) {
	for name, c := range map[string]struct {
		key int16
		err *kerr.Error // nil: it hangs up
	}{
		"not added":                    {int16(kmsg.AddPartitionsToTxn), nil},
		"not produced":                 {int16(kmsg.Produce), nil},
		"not ended":                    {int16(kmsg.EndTxn), nil},
		"out of order":                 {int16(kmsg.Produce), kerr.OutOfOrderSequenceNumber},
		"an unknown producer":          {int16(kmsg.Produce), kerr.UnknownProducerID},
		"no transaction":               {int16(kmsg.Produce), kerr.InvalidTxnState},
		"a transaction to be aborted":  {int16(kmsg.Produce), kerr.TransactionAbortable},
		"an end without a transaction": {int16(kmsg.EndTxn), kerr.InvalidTxnState},
		"too soon":                     {int16(kmsg.EndTxn), kerr.ConcurrentTransactions},
		"another coordinator":          {int16(kmsg.EndTxn), kerr.NotCoordinator},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			x := w.start()
			x.sends(from(1, 0, 0, 2), from(1, 1, 0, 2))
			if c.err == nil {
				embedded.Disconnect(w.fake, c.key, 1)
			} else {
				w.fake.ControlKey(c.key, func(req kmsg.Request) (kmsg.Response, error, bool) {
					return embedded.Refusal(req, c.err.Code), nil, true
				})
			}
			x.sends(from(1, 0, 2, 5), from(1, 1, 2, 5))
			x.sends(from(1, 0, 5, 6))
			x.kill()
			w.start().sends(from(2, 0, 0, 7), from(2, 1, 0, 7))
			w.has(from(1, 0, 0, 7), from(1, 1, 0, 7))
		})
	}
}
