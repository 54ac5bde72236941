package faults_test

import (
	"context"
	"crypto/rand"
	mathrand "math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/conduitio/conduit-connector-kafka/test/sides"
)

// Transactions of several producers lie across each other in the same partitions,
// beside records without one; some are committed, some aborted, and one stays open
// until the end.
func TestTransactionsLieAcrossEachOther(t *testing.T) {
	s := begin(t, "transactions")
	src, err := sides.OpenSource(s.log, s.settings.source, nil)
	s.is.NoErr(err)
	b := s.note(src, false)

	tx := &transactions{s: s, visible: make(map[int]bool)}
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() { tx.run(rounds(15, 300)) })
	}
	wg.Go(tx.plain)
	wg.Wait()
	s.until("all that is committed is read", func(context.Context) bool { return b.numbers() >= len(tx.visible) })

	for _, end := range []kgo.TransactionEndTry{kgo.TryAbort, kgo.TryCommit} {
		tx.holdsBack(b, end)
	}
	s.untilCommitted() // after the markers at the end
	s.close()
	for n := range tx.next {
		want := 0
		if tx.visible[n] {
			want = 1
		}
		if b.came(n) != want {
			t.Errorf("record %d was read %d times, want %d", n, b.came(n), want)
		}
	}
	s.is.Equal(b.disorder, 0)
	s.is.True(len(tx.visible) < tx.next) // some were aborted
}

type transactions struct {
	s *scenario

	mu      sync.Mutex
	next    int          // number
	visible map[int]bool // numbers that are committed, or without a transaction
}

// records are numbered, each for a partition of its own choice.
func (tx *transactions) records(n int) (records []*kgo.Record, numbers []int) {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	for range n {
		records = append(records, &kgo.Record{Topic: tx.s.topic, Partition: mathrand.Int32N(partitions), Value: []byte(strconv.Itoa(tx.next))})
		numbers = append(numbers, tx.next)
		tx.next++
	}
	return records, numbers
}

func (tx *transactions) show(numbers []int) {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	for _, n := range numbers {
		tx.visible[n] = true
	}
}

func (tx *transactions) client(opts ...kgo.Opt) *kgo.Client {
	cl, err := kgo.NewClient(append(opts, kgo.SeedBrokers(tx.s.cluster.Direct()...), kgo.RecordPartitioner(kgo.ManualPartitioner()))...)
	tx.s.is.NoErr(err)
	tx.s.t.Cleanup(cl.Close)
	return cl
}

// begin opens a transaction and writes some batches in it.
func (tx *transactions) begin(cl *kgo.Client, batches int) (numbers []int) {
	tx.s.is.NoErr(cl.BeginTransaction())
	for range batches {
		records, more := tx.records(1 + mathrand.IntN(20))
		tx.s.is.NoErr(cl.ProduceSync(tx.s.log, records...).FirstErr())
		numbers = append(numbers, more...)
	}
	return numbers
}

func (tx *transactions) end(cl *kgo.Client, how kgo.TransactionEndTry, numbers []int) {
	tx.s.is.NoErr(cl.EndTransaction(tx.s.log, how))
	if how == kgo.TryCommit {
		tx.show(numbers)
	}
}

func (tx *transactions) run(n int) {
	cl := tx.client(kgo.TransactionalID(rand.Text()))
	for range n {
		numbers := tx.begin(cl, 1+mathrand.IntN(4))
		tx.end(cl, kgo.TransactionEndTry(mathrand.IntN(2) == 0), numbers)
	}
}

// plain writes beside them without transactions.
func (tx *transactions) plain() {
	cl := tx.client()
	for range rounds(50, 1000) {
		records, numbers := tx.records(5)
		tx.s.is.NoErr(cl.ProduceSync(tx.s.log, records...).FirstErr())
		tx.show(numbers)
	}
}

// holdsBack opens a transaction, and checks that nothing after its first records is
// read before it ends.
func (tx *transactions) holdsBack(b *book, how kgo.TransactionEndTry) {
	cl := tx.client(kgo.TransactionalID(rand.Text()))
	tx.s.is.NoErr(cl.BeginTransaction())
	var open, behind []*kgo.Record
	var openNumbers, behindNumbers []int
	for p := range int32(partitions) {
		r, n := tx.records(1)
		r[0].Partition = p
		open, openNumbers = append(open, r...), append(openNumbers, n...)
	}
	tx.s.is.NoErr(cl.ProduceSync(tx.s.log, open...).FirstErr())
	for p := range int32(partitions) {
		r, n := tx.records(1)
		r[0].Partition = p
		behind, behindNumbers = append(behind, r...), append(behindNumbers, n...)
	}
	tx.s.is.NoErr(tx.client().ProduceSync(tx.s.log, behind...).FirstErr())
	time.Sleep(time.Second) // nothing to wait for: nothing is to come
	for _, n := range append(openNumbers, behindNumbers...) {
		tx.s.is.Equal(b.came(n), 0)
	}
	tx.end(cl, how, openNumbers)
	tx.show(behindNumbers)
	tx.s.until("what was held back is read", func(context.Context) bool { return b.numbers() >= len(tx.visible) })
}
