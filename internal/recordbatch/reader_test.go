package recordbatch

import (
	"errors"
	"io"
	"math"
	"testing"

	"github.com/matryer/is"
)

func TestReaderSkipsToOffsetAndGoesBehindBatches(t *testing.T) {
	compacted := batchOf(10, 19, 12, 15)
	empty := testBatch{baseOffset: 20, lastOffsetDelta: 4, baseTimestamp: -1, producerID: 7}
	emptyCompressed := empty
	emptyCompressed.attributes = int16(Zstd)
	control := controlBatch(25, 7, 1)
	for _, c := range []struct {
		name string
		from int64
		set  [][]byte
		want []int64
		next int64
	}{
		{"an empty set", 3, nil, []int64{}, 3},
		{"all records from the first one", 0, [][]byte{batchOf(0, 2, 0, 1, 2).bytes()}, []int64{0, 1, 2}, 3},
		{"only those from an offset within the batch", 2, [][]byte{batchOf(0, 2, 0, 1, 2).bytes()}, []int64{2}, 3},
		{"nothing of a batch below the offset", 5, [][]byte{batchOf(0, 2, 0, 1, 2).bytes()}, []int64{}, 5},
		{"gaps and a missing tail after compaction", 10, [][]byte{compacted.bytes()}, []int64{12, 15}, 20},
		{"an offset within a missing tail", 17, [][]byte{compacted.bytes()}, []int64{}, 20},
		{"an empty batch", 20, [][]byte{empty.bytes()}, []int64{}, 25},
		{"two empty batches, one marked as compressed", 0, [][]byte{empty.bytes(), emptyCompressed.bytes()}, []int64{}, 25},
		{"a control batch", 25, [][]byte{control.bytes()}, []int64{}, 26},
		{"several batches", 1, [][]byte{batchOf(0, 2, 0, 1, 2).bytes(), compacted.bytes(), empty.bytes(), control.bytes()}, []int64{1, 2, 12, 15}, 26},
		{"the last offset there can be", 0, [][]byte{batchOf(math.MaxInt64-1, math.MaxInt64-1, math.MaxInt64-1).bytes()}, []int64{math.MaxInt64 - 1}, math.MaxInt64},
	} {
		t.Run(c.name, func(t *testing.T) {
			is := is.New(t)
			r := reader(c.from, ReadOptions{}, c.set...)
			is.Equal(offsets(readAll(t, r)), c.want)
			is.Equal(r.NextOffset(), c.next)
			is.True(!r.Truncated())
			set := []byte{}
			for _, b := range c.set {
				set = append(set, b...)
			}
			next, epoch := NextOffset(set, c.from) // headers alone tell the same
			is.Equal(next, c.next)
			is.Equal(epoch, r.LeaderEpoch())
			is.Equal(Oversize(set), 0)
		})
	}
}

func TestReaderEndsWhereTheBrokerCutTheSet(t *testing.T) {
	is := is.New(t)
	whole := batchOf(0, 1, 0, 1).bytes()
	cut := batchOf(2, 3, 2, 3).bytes()
	for n := 1; n < len(cut); n++ {
		r := reader(0, ReadOptions{}, whole, cut[:n])
		is.Equal(offsets(readAll(t, r)), []int64{0, 1})
		is.Equal(r.NextOffset(), int64(2))
		is.True(r.Truncated())

		r = reader(2, ReadOptions{}, cut[:n]) // the batch is larger than the fetch
		is.Equal(readAll(t, r), nil)
		is.Equal(r.NextOffset(), int64(2))
		is.True(r.Truncated())
		next, epoch := NextOffset(cut[:n], 2)
		is.Equal(next, int64(2))
		is.Equal(epoch, int32(-1))
		if n > posMagic {
			is.Equal(Oversize(cut[:n]), len(cut))
		} else {
			is.True(Oversize(cut[:n]) > n)
		}
	}
}

func TestReaderTimestamps(t *testing.T) {
	for _, c := range []struct {
		name       string
		attributes int16
		want       []int64
	}{
		{"are those of the producer", 0, []int64{1000, 993}},
		{"are that of the broker, for all records", attrLogAppendTime, []int64{5000, 5000}},
		{"are relative to a delete horizon", 1 << 6, []int64{1000, 993}},
	} {
		t.Run(c.name, func(t *testing.T) {
			is := is.New(t)
			b := testBatch{attributes: c.attributes, lastOffsetDelta: 1, baseTimestamp: 1000, maxTimestamp: 5000, producerID: -1, count: 2, leaderEpoch: 9}
			b.records = appendRecord(nil, 0, 0, nil, nil)
			b.records = appendRecord(b.records, -7, 1, nil, nil)
			r := reader(0, ReadOptions{}, b.bytes())
			is.Equal(r.LeaderEpoch(), int32(-1))
			records := readAll(t, r)
			is.Equal([]int64{records[0].Timestamp, records[1].Timestamp}, c.want)
			is.Equal(r.LeaderEpoch(), int32(9))
		})
	}
}

func TestReaderKnowsNoLeaderEpochBelowMinusOne(t *testing.T) {
	is := is.New(t)
	b := testBatch{producerID: -1, count: 1, leaderEpoch: -1_610_000_000, records: appendRecord(nil, 0, 0, nil, nil)}
	r := reader(0, ReadOptions{}, b.bytes())
	is.Equal(len(readAll(t, r)), 1)
	is.Equal(r.LeaderEpoch(), int32(-1))
	_, epoch := NextOffset(b.bytes(), 0)
	is.Equal(epoch, int32(-1))
}

func TestReaderReportsWhatIsBroken(t *testing.T) {
	wrongCRC := batchOf(5, 5, 5).bytes()
	wrongCRC[len(wrongCRC)-1] ^= 1
	shortLength := batchOf(5, 5, 5).bytes()
	shortLength[posLength+3] = 1
	negativeLength := batchOf(5, 5, 5).bytes()
	negativeLength[posLength] = 0x80
	unknownMagic := batchOf(5, 5, 5).bytes()
	unknownMagic[posMagic] = 3
	with := func(change func(*testBatch)) []byte {
		b := batchOf(5, 6, 5, 6)
		change(&b)
		return b.bytes()
	}
	var corrupt *CorruptError
	var unsupported *UnsupportedError
	for _, c := range []struct {
		name string
		set  []byte
		as   any
	}{
		{"a wrong CRC", wrongCRC, &corrupt},
		{"a length shorter than the header", shortLength, &corrupt},
		{"a negative length", negativeLength, &corrupt},
		{"an unknown magic", unknownMagic, &unsupported},
		{"an unknown codec", with(func(b *testBatch) { b.attributes = 5 }), &unsupported},
		{"a stream that doesn't decompress", with(func(b *testBatch) { b.attributes = int16(Gzip) }), &corrupt},
		{"a stream of no bytes", with(func(b *testBatch) { b.attributes, b.records = int16(Gzip), nil }), &corrupt},
		{"a negative count", with(func(b *testBatch) { b.count = -1 }), &corrupt},
		{"a huge count", with(func(b *testBatch) { b.count = math.MaxInt32 }), &corrupt},
		{"a count too small", with(func(b *testBatch) { b.count = 1 }), &corrupt},
		{"a negative last offset", with(func(b *testBatch) { b.lastOffsetDelta = -1 }), &corrupt},
		{"a record beyond the last offset", with(func(b *testBatch) { b.lastOffsetDelta = 0 }), &corrupt},
		{"records out of order", with(func(b *testBatch) { b.records = batchOf(5, 6, 6, 5).records }), &corrupt},
		{"a record cut off", with(func(b *testBatch) { b.records = b.records[:len(b.records)-1] }), &corrupt},
		{"a negative offset", with(func(b *testBatch) { b.baseOffset = -6 }), &corrupt},
		{"an offset too high", with(func(b *testBatch) { b.baseOffset = math.MaxInt64 }), &corrupt},
	} {
		t.Run(c.name, func(t *testing.T) {
			is := is.New(t)
			r := reader(0, ReadOptions{}, batchOf(0, 4, 0).bytes(), c.set)
			dst, err := r.Next(nil)
			is.NoErr(err)
			dst, err = r.Next(dst)
			is.True(errors.As(err, c.as))
			is.True(!errors.Is(err, io.EOF))   // which is the end of the set
			is.Equal(offsets(dst), []int64{0}) // dst is as it was
			is.Equal(r.NextOffset(), int64(5)) // before the broken batch
			_, again := r.Next(nil)
			is.Equal(again, err) // for good
		})
	}
}

func TestCorruptErrorTellsWhere(t *testing.T) {
	is := is.New(t)
	b := batchOf(5, 5, 5)
	b.attributes, b.records = int16(Gzip), []byte("no gzip at all, is it")
	_, err := reader(0, ReadOptions{}, b.bytes()).Next(nil)
	is.Equal(err.Error(), "read record batch of t/1 at offset 5: decompress: gzip: invalid header")
	var corrupt *CorruptError
	is.True(errors.As(err, &corrupt))
	is.Equal(corrupt.Topic, "t")
	is.Equal(corrupt.Partition, int32(1))
	is.Equal(corrupt.Offset, int64(5))
	is.True(errors.Unwrap(err) != nil)
}

func TestReaderCanBeUsedAgain(t *testing.T) {
	is := is.New(t)
	var r Reader
	_, err := r.Next(nil)
	is.Equal(err, io.EOF) // a zero Reader has an empty set
	broken := batchOf(0, 0, 0).bytes()
	broken[posCRC]++
	r.Reset("t", 1, broken, 0, ReadOptions{})
	_, err = r.Next(nil)
	is.True(err != nil)
	r.Reset("t", 1, batchOf(0, 0, 0).bytes(), 0, ReadOptions{})
	is.Equal(offsets(readAll(t, &r)), []int64{0})
}

func TestReaderTellsWhoseTheTimestampsAre(t *testing.T) {
	is := is.New(t)
	is.Equal(timestampTypeOf(make([]byte, headerSize)), CreateTime)
	b := make([]byte, headerSize)
	b[posAttributes+1] = attrLogAppendTime | 2
	is.Equal(timestampTypeOf(b), LogAppendTime)
	var r Reader
	r.timestampType = LogAppendTime
	r.Reset("t", 0, nil, 0, ReadOptions{})
	is.Equal(r.TimestampType(), TimestampTypeUnknown)
}
