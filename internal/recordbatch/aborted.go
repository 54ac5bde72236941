package recordbatch

import (
	"cmp"
	"encoding/binary"
	"slices"
)

// AbortedTransaction is a transaction of which a fetch response says that none of
// its records must be seen by read_committed (KIP-98).
type AbortedTransaction struct {
	ProducerID  int64
	FirstOffset int64
}

// abortedTransactions knows which producers are in an aborted transaction at the
// current offset. A producer's transaction begins at its first offset and ends at
// its ABORT marker; a producer has one at a time.
type abortedTransactions struct {
	byOffset  []AbortedTransaction
	begun     int // how many of them
	producers map[int64]struct{}
}

func (a *abortedTransactions) reset(transactions []AbortedTransaction) {
	a.byOffset, a.begun = append(a.byOffset[:0], transactions...), 0
	slices.SortFunc(a.byOffset, func(x, y AbortedTransaction) int { return cmp.Compare(x.FirstOffset, y.FirstOffset) })
	clear(a.producers)
}

// activate begins the transactions that start at an offset or below.
func (a *abortedTransactions) activate(offset int64) {
	for ; a.begun < len(a.byOffset) && a.byOffset[a.begun].FirstOffset <= offset; a.begun++ {
		if a.producers == nil {
			a.producers = make(map[int64]struct{})
		}
		a.producers[a.byOffset[a.begun].ProducerID] = struct{}{}
	}
}

func (a *abortedTransactions) active(producerID int64) bool {
	_, ok := a.producers[producerID]
	return ok
}

// hidden reports whether a consumer must not see the records of a batch: never those
// of a control batch, and under read_committed not those of an aborted transaction.
func (r *Reader) hidden(b []byte, last int64) (bool, error) {
	attributes := b[posAttributes+1]
	control := attributes&attrControl != 0
	producerID := int64(binary.BigEndian.Uint64(b[posProducerID:]))
	if !r.readCommitted || producerID < 0 {
		return control, nil
	}
	r.aborted.activate(last)
	if control {
		return true, r.endTransaction(producerID, b)
	}
	return attributes&attrTransactional != 0 && r.aborted.active(producerID), nil
}

// abortMarker is the type of a control record that ends an aborted transaction.
const abortMarker = 0

// endTransaction reads a control batch: its first record's key is a version and a
// type, both of 16 bits. Compaction can have left no record.
func (r *Reader) endTransaction(producerID int64, batch []byte) error {
	b, count, err := r.section(batch)
	if err != nil || count == 0 {
		return err
	}
	length, i := varint(b, 0)
	if length < 1 || length > int64(len(b)-i) {
		return corrupt("control record length out of range")
	}
	b = b[:i+int(length)]
	_, i = varint(b, i+1) // timestamp delta, after the attributes
	_, i = varint(b, i)   // offset delta
	n, i := varint(b, i)
	if n < 4 || n > int64(len(b)-i) {
		return corrupt("control record key length out of range")
	}
	if binary.BigEndian.Uint16(b[i+2:]) == abortMarker {
		delete(r.aborted.producers, producerID)
	}
	return nil
}
