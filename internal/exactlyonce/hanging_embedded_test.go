package exactlyonce

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// hang begins a transaction and does not end it.
func (x *writer) hang(first, end int) {
	x.w.t.Helper()
	batch := x.w.in(from(1, 0, first, end))
	var err error
	x.places, err = x.table.Places(batch, nil)
	x.NoErr(err)
	x.choose(batch)
	batch, err = x.table.Messages(x.cfg.Topic, x.places, time.Now().UnixMilli(), x.batch)
	x.NoErr(err)
	_, err = x.now().producer.Send(x.w.ctx, batch)
	x.NoErr(err)
}

// freeze holds the requests of a kind that are meant, from the first one on, which closes
// reached, until thaw.
func (w *world) freeze(key kmsg.Key, meant func(kmsg.Request) bool) (reached <-chan struct{}, thaw func()) {
	first, frozen := make(chan struct{}), make(chan struct{})
	reach := sync.OnceFunc(func() { close(first) })
	w.fake.ControlKey(int16(key), func(req kmsg.Request) (kmsg.Response, error, bool) {
		if !meant(req) {
			w.fake.KeepControl()
			return nil, nil, false
		}
		reach()
		w.fake.SleepControl(func() { <-frozen })
		return nil, nil, false
	})
	return first, func() { close(frozen) }
}

// One process is killed in a transaction, then another one, whose partition a third one gets.
func TestWriterKnowsWhatWasWrittenAfterATransactionThatHangs(t *testing.T) {
	w := newWorld(t)
	w.limit, w.transactionTimeout = 2*time.Second, 5*time.Second // that is waited for beside the limit
	a, b, c := w.startAs("a"), w.startAs("b"), w.startAs("c")
	c.sends(from(1, 2, 0, 1))
	a.sends(from(1, 0, 0, 3))
	a.hang(3, 6)
	a.kill()
	b.sends(from(1, 1, 0, 5))
	b.kill()
	c.sends(from(2, 1, 0, 7))
	w.has(from(1, 0, 0, 3), from(1, 1, 0, 7), from(1, 2, 0, 1))
}

func TestWriterOpensWhenTheTransactionOfAnotherProcessHasTimedOut(t *testing.T) {
	w := newWorld(t)
	w.transactionTimeout = 7 * time.Second
	a := w.startAs("a")
	a.sends(from(1, 0, 0, 3))
	a.hang(3, 6)
	a.kill()
	b := w.create("b")
	var warnings []string
	b.topic.Warn = func(msg string, _ error) { warnings = append(warnings, msg) }
	w.NoErr(b.Open(w.ctx))
	w.True(b.readTimeout() > w.transactionTimeout)
	w.True(strings.Contains(strings.Join(warnings, "\n"), "a transaction is open at offset"))
	b.sends(from(2, 0, 0, 6))
	w.has(from(1, 0, 0, 6))
}

// Teardown comes while a transaction is open: consumers need not wait until its time is over.
func TestWriterAbortsWhatItWritesWhenItIsClosed(t *testing.T) {
	w := newWorld(t)
	x := w.start()
	x.sends(from(1, 0, 0, 3))
	ended := make(chan struct{})
	end := sync.OnceFunc(func() { close(ended) })
	w.fake.ControlKey(int16(kmsg.EndTxn), func(kmsg.Request) (kmsg.Response, error, bool) {
		end()
		return nil, nil, false
	})
	produced := make(chan struct{})
	w.fake.ControlKey(int16(kmsg.Produce), func(kmsg.Request) (kmsg.Response, error, bool) {
		close(produced)
		return nil, nil, true // and no answer
	})
	failed := make(chan error, 1)
	go func() {
		_, err := x.Send(w.ctx, w.in(from(1, 0, 3, 6)))
		failed <- err
	}()
	ctx, cancel := context.WithTimeout(w.ctx, 10*time.Second)
	defer cancel()
	select {
	case <-produced:
	case <-ctx.Done():
		t.Fatal("nothing is produced")
	}
	x.Close()
	w.True(<-failed != nil)
	select {
	case <-ended:
	case <-ctx.Done():
		t.Fatal("the transaction is left open")
	}
}
