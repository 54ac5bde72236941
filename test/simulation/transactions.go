package simulation

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// txn is another producer's transaction.
type txn struct {
	id       string
	producer int64
	epoch    int16
	numbers  []int
	over     bool
}

func (w *World) transaction(e Event)        { w.transact(e, true, 0) }
func (w *World) abortedTransaction(e Event) { w.transact(e, false, 0) }
func (w *World) openTransaction(e Event)    { w.transact(e, e.C%2 == 0, e.For) }

// transact writes records in a transaction, and ends it after a time.
func (w *World) transact(e Event, commit bool, open time.Duration) {
	topic := w.topic(e.A)
	w.topics <- struct{}{}
	t, err := w.begin(topic, e)
	<-w.topics
	if err != nil {
		w.say("  transaction: %v", err)
	}
	if t == nil {
		return
	}
	w.disturbed(open, span{node: -1, topic: topic})
	w.sleep(open)
	w.topics <- struct{}{}
	defer func() { <-w.topics }()
	if err := w.finish(t, commit); err != nil {
		w.say("  end the transaction: %v", err)
	}
}

// begin begins a transaction and writes some records in it.
func (w *World) begin(topic string, e Event) (*txn, error) {
	t := &txn{id: fmt.Sprintf("transaction-%d", e.Index)}
	init := kmsg.NewPtrInitProducerIDRequest()
	init.Version, init.TransactionalID, init.TransactionTimeoutMillis = 3, &t.id, 60_000
	res, err := w.ask(w.fake.CoordinatorFor(t.id), init)
	if err != nil {
		return nil, err
	}
	got := res.(*kmsg.InitProducerIDResponse)
	if err := kerr.ErrorForCode(got.ErrorCode); err != nil {
		return nil, err
	}
	t.producer, t.epoch = got.ProducerID, got.ProducerEpoch
	w.mu.Lock()
	w.txns = append(w.txns, t)
	w.mu.Unlock()
	for i := range 1 + e.B%3 {
		partition := w.partition(topic, e.C+i)
		if err := w.add(t, topic, partition, 1+int(e.C>>8%5)); err != nil {
			return t, err
		}
	}
	return t, nil
}

// add writes records into a partition.
func (w *World) add(t *txn, topic string, partition int32, n int) error {
	add := kmsg.NewPtrAddPartitionsToTxnRequest()
	add.Version, add.TransactionalID, add.ProducerID, add.ProducerEpoch = 2, t.id, t.producer, t.epoch
	at := kmsg.NewAddPartitionsToTxnRequestTopic()
	at.Topic, at.Partitions = topic, []int32{partition}
	add.Topics = append(add.Topics, at)
	if _, err := w.ask(w.fake.CoordinatorFor(t.id), add); err != nil {
		return err
	}
	var numbers []int
	var values []string
	for range n {
		r := &number{topic: topic, partition: partition, hidden: true, writers: []string{t.id}}
		numbers = append(numbers, w.book.hand(r))
		values = append(values, r.value)
	}
	w.mu.Lock()
	before := t.numbers
	w.mu.Unlock()
	sequence := w.book.count(before, partition)
	got, err := w.produce(t.id, topic, partition, t.batch(numbers, values, sequence))
	if err != nil {
		return err
	}
	w.say("  %s: records %d to %d in %s/%d, offset %d", t.id, numbers[0], numbers[n-1], topic, partition, got.BaseOffset)
	if err := kerr.ErrorForCode(got.ErrorCode); err != nil {
		return err // they stay hidden: nobody writes them again
	}
	w.mu.Lock()
	t.numbers = append(t.numbers, numbers...)
	w.mu.Unlock()
	return nil
}

// transactional marks the batches of a transaction.
const transactional = 1 << 4

func (t *txn) batch(numbers []int, values []string, sequence int32) []byte {
	return batch(kmsg.RecordBatch{Attributes: transactional, ProducerID: t.producer, ProducerEpoch: t.epoch, FirstSequence: sequence}, numbers, values)
}

// batch completes a record batch.
func batch(b kmsg.RecordBatch, numbers []int, values []string) []byte {
	first := timeOf(numbers[0]).UnixMilli()
	var records []byte
	for i, id := range numbers {
		r := kmsg.Record{OffsetDelta: int32(i), TimestampDelta64: timeOf(id).UnixMilli() - first, Value: []byte(values[i])}
		body := r.AppendTo(nil)[1:] // the length is 0 so far: one byte
		r.Length = int32(len(body))
		records = r.AppendTo(records)
	}
	b.PartitionLeaderEpoch, b.Magic, b.LastOffsetDelta = -1, 2, int32(len(numbers)-1)
	b.FirstTimestamp, b.MaxTimestamp = first, timeOf(numbers[len(numbers)-1]).UnixMilli()
	b.NumRecords, b.Records = int32(len(numbers)), records
	raw := b.AppendTo(nil)
	binary.BigEndian.PutUint32(raw[8:], uint32(len(raw)-12))
	binary.BigEndian.PutUint32(raw[17:], crc32.Checksum(raw[21:], crc32.MakeTable(crc32.Castagnoli)))
	return raw
}

// finish ends a transaction. Its records are noted first: they may be read at once.
func (w *World) finish(t *txn, commit bool) error {
	w.mu.Lock()
	over := t.over
	t.over = true
	w.mu.Unlock()
	if over {
		return nil
	}
	end := kmsg.NewPtrEndTxnRequest()
	end.Version, end.TransactionalID, end.ProducerID, end.ProducerEpoch, end.Commit = 2, t.id, t.producer, t.epoch, commit
	var err error
	for range 20 { // its coordinator may move, and an open transaction hides what comes after it
		var res kmsg.Response
		if res, err = w.ask(w.fake.CoordinatorFor(t.id), end); err == nil {
			err = kerr.ErrorForCode(res.(*kmsg.EndTxnResponse).ErrorCode)
		}
		if !errors.Is(err, kerr.NotCoordinator) {
			break
		}
		w.sleep(100 * time.Millisecond)
	}
	w.say("  %s ends, commit: %t (%v)", t.id, commit, err)
	w.book.ended(t.numbers, commit && err == nil)
	return err
}

// endTransactions aborts those that are open.
func (w *World) endTransactions() (err error) {
	w.mu.Lock()
	open := w.txns
	w.txns = nil
	w.mu.Unlock()
	for _, t := range open {
		if e := w.finish(t, false); e != nil {
			err = e
		}
	}
	return err
}
