package recordbatch

import (
	"errors"
	"testing"

	"github.com/matryer/is"
)

func transactional(producerID, base, last int64, offsets ...int64) []byte {
	b := batchOf(base, last, offsets...)
	b.producerID, b.attributes = producerID, attrTransactional
	return b.bytes()
}

const (
	abort  = 0
	commit = 1
)

func TestReadCommittedLeavesOutAbortedTransactions(t *testing.T) {
	idempotent := batchOf(6, 6, 6)
	idempotent.producerID = 1
	set := [][]byte{
		transactional(1, 0, 0, 0),           // producer 1, aborted
		transactional(2, 1, 1, 1),           // producer 2, committed
		transactional(1, 2, 3, 2, 3),        // producer 1, still the same
		batchOf(4, 4, 4).bytes(),            // no transaction
		transactional(2, 5, 5, 5),           // producer 2
		idempotent.bytes(),                  // producer 1, not transactional
		controlBatch(7, 1, abort).bytes(),   //
		transactional(1, 8, 8, 8),           // producer 1, a new one, committed
		controlBatch(9, 2, commit).bytes(),  //
		transactional(2, 10, 10, 10),        // producer 2, aborted
		controlBatch(11, 1, commit).bytes(), // of the other producer
		transactional(2, 12, 12, 12),        //
		transactional(1, 13, 13, 13),        // producer 1, aborted again
		controlBatch(14, 2, abort).bytes(),  //
		transactional(2, 15, 15, 15),        // producer 2, committed
		transactional(1, 16, 16, 16),        //
		controlBatch(17, 1, abort).bytes(),  //
		controlBatch(18, 2, commit).bytes(), //
	}
	aborted := []AbortedTransaction{{1, 13}, {2, 10}, {1, 0}}

	t.Run("under read_committed", func(t *testing.T) {
		is := is.New(t)
		r := reader(0, ReadOptions{ReadCommitted: true, Aborted: aborted}, set...)
		is.Equal(offsets(readAll(t, r)), []int64{1, 4, 5, 6, 8, 15})
		is.Equal(r.NextOffset(), int64(19))
	})
	t.Run("from the midst of a transaction", func(t *testing.T) {
		is := is.New(t)
		r := reader(3, ReadOptions{ReadCommitted: true, Aborted: aborted}, set[2:]...)
		is.Equal(offsets(readAll(t, r)), []int64{4, 5, 6, 8, 15})
	})
	t.Run("but not under read_uncommitted", func(t *testing.T) {
		is := is.New(t)
		r := reader(0, ReadOptions{Aborted: aborted}, set...)
		is.Equal(offsets(readAll(t, r)), []int64{0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 13, 15, 16})
	})
	t.Run("and a Reset forgets them", func(t *testing.T) {
		is := is.New(t)
		r := reader(0, ReadOptions{ReadCommitted: true, Aborted: aborted}, set[0])
		is.Equal(readAll(t, r), nil)
		r.Reset("t", 1, set[0], 0, ReadOptions{ReadCommitted: true})
		is.Equal(offsets(readAll(t, r)), []int64{0})
	})
}

func TestControlBatchesEndTransactionsOnlyIfTheySaySo(t *testing.T) {
	compactedAway := controlBatch(1, 1, abort)
	compactedAway.count, compactedAway.records = 0, nil
	for _, c := range []struct {
		name    string
		control testBatch
		want    []int64
	}{
		{"an abort marker does", controlBatch(1, 1, abort), []int64{2}},
		{"a commit marker does not", controlBatch(1, 1, commit), []int64{}},
		{"an abort marker of another producer does not", controlBatch(1, 2, abort), []int64{}},
		{"one without records does not", compactedAway, []int64{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			is := is.New(t)
			r := reader(0, ReadOptions{ReadCommitted: true, Aborted: []AbortedTransaction{{1, 0}}},
				transactional(1, 0, 0, 0), c.control.bytes(), transactional(1, 2, 2, 2))
			is.Equal(offsets(readAll(t, r)), c.want)
		})
	}
}

func TestControlRecordThatCannotBeReadIsCorrupt(t *testing.T) {
	for name, records := range map[string][]byte{
		"a short key":       appendRecord(nil, 0, 0, []byte{0, 0, 0}, nil),
		"no key":            appendRecord(nil, 0, 0, nil, []byte("long enough")),
		"a length too long": {100, 0, 0, 0, 0, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			b := controlBatch(0, 1, abort)
			b.records = records
			_, err := reader(0, ReadOptions{ReadCommitted: true}, b.bytes()).Next(nil)
			var corrupt *CorruptError
			is.True(errors.As(err, &corrupt))
		})
	}
}
