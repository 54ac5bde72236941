package convert

import (
	"context"
	"runtime"
	"sync"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
)

const (
	// minShare is how much work is worth a goroutine: a sleeping processor takes
	// a good part of that to wake up.
	minShare = 100 * time.Microsecond
	// maxShares bounds the memory that is kept for them.
	maxShares = 4
)

// Messages turns batches of records into batches of messages. It has one caller at a
// time. Large ones are
// shared between goroutines: Conduit waits for Write, and the brokers wait for the
// messages.
type Messages struct {
	makers    []*messageMaker
	batch     []message.Message // reused from batch to batch
	perRecord time.Duration     // what a record of the last batch took
}

// NewMessages reports everything that is wrong with the settings at once.
func NewMessages(c Config) (*Messages, error) {
	b := new(Messages)
	for range min(runtime.GOMAXPROCS(0), maxShares) {
		m, err := newMessageMaker(c)
		if err != nil {
			return nil, err
		}
		b.makers = append(b.makers, m)
	}
	return b, nil
}

// Asks reports whether Convert may ask a schema registry.
func (b *Messages) Asks() bool {
	return b.makers[0].encodeKey != nil || b.makers[0].encodeValue != nil
}

// Converted is the messages of a batch of records. They and what they are made of are
// valid until Release, which comes before the next Convert.
type Converted struct {
	Messages []message.Message
	by       *Messages
}

// Release lets the memory of the messages be used again. That of their values is, if all
// were written. Otherwise it is left to the producer, which compares those that it has
// not written with what it is given next (produce/unsettled.go).
func (c Converted) Release(written bool) {
	clear(c.by.batch)
	for _, m := range c.by.makers {
		m.release(written)
	}
}

// Convert makes a message of each record, up to the first that can't be made into
// one; the error is that record's. During an outage of the schema registry it waits until
// ctx ends. Release the messages also after an error.
func (b *Messages) Convert(ctx context.Context, records []opencdc.Record) (Converted, error) {
	if cap(b.batch) < len(records) {
		b.batch = make([]message.Message, len(records))
	}
	b.batch = b.batch[:len(records)]
	began := time.Now()
	now := began.UnixMilli()

	shares := b.shares(len(records))
	made := make([]int, shares)
	errs := make([]error, shares)
	from := func(share int) int { return share * len(records) / shares }
	var wg sync.WaitGroup
	for i := 1; i < shares; i++ {
		wg.Go(func() {
			lo, hi := from(i), from(i+1)
			made[i], errs[i] = b.makers[i].make(ctx, b.batch[lo:hi], records[lo:hi], now)
		})
	}
	made[0], errs[0] = b.makers[0].make(ctx, b.batch, records[:from(1)], now)
	if made[0] > 0 {
		b.perRecord = time.Since(began) / time.Duration(made[0])
	}
	wg.Wait()

	for i, err := range errs {
		if err != nil {
			n := from(i) + made[i]
			return Converted{b.batch[:n], b}, &message.RecordError{Index: n, Position: records[n].Position, Err: err}
		}
	}
	return Converted{b.batch, b}, nil
}

// shares is how many goroutines that many records are worth.
func (b *Messages) shares(records int) int {
	work := time.Duration(records) * b.perRecord
	return max(1, min(int(work/minShare), len(b.makers), records))
}
