package recordbatch

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"testing"

	"github.com/matryer/is"
)

// headerBomb is a record of n headers without key and value, two bytes each.
func headerBomb(n int) []byte {
	body := []byte{0, 0, 0, 1, 1} // attributes, deltas, no key, no value
	var v [10]byte
	body = append(body, v[:putVarint(v[:], 0, int64(n))]...)
	b := append([]byte{}, v[:putVarint(v[:], 0, int64(len(body)+2*n))]...)
	b = append(b, body...)
	return append(b, bytes.Repeat([]byte{0, 1}, n)...)
}

// recordBomb is n records without key, value and headers.
func recordBomb(n int) (b []byte) {
	for i := range n {
		b = appendRecord(b, 0, int64(i), nil, nil)
	}
	return b
}

// Brokers take these: they bound a batch only as it is stored.
func TestReaderBoundsWhatBatchesBecomeInMemory(t *testing.T) {
	const n, limit = 1 << 19, 8 << 20
	var messages []byte
	for i := range n {
		messages = append(messages, testMessage{offset: int64(i)}.bytes()...)
	}
	bombs := map[string][]byte{
		"messages of the format before 0.11": testMessage{offset: n - 1, magic: 1, attributes: byte(Gzip), value: compressors["gzip"](messages)}.bytes(),
		"records that are not compressed":    testBatch{producerID: -1, count: n, lastOffsetDelta: n - 1, records: recordBomb(n)}.bytes(),
		"headers that are not compressed":    testBatch{producerID: -1, count: 1, lastOffsetDelta: n - 1, records: headerBomb(n)}.bytes(),
	}
	for codec, compress := range compressors {
		id := int16(codecOf[codec])
		bombs["records in "+codec] = testBatch{attributes: id, producerID: -1, count: n, lastOffsetDelta: n - 1, records: compress(recordBomb(n))}.bytes()
		bombs["headers in "+codec] = testBatch{attributes: id, producerID: -1, count: 1, lastOffsetDelta: n - 1, records: compress(headerBomb(n))}.bytes()
	}
	for name, bomb := range bombs {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			got, err := reader(0, ReadOptions{MaxMemory: limit}, bomb).Next(nil)
			runtime.ReadMemStats(&after)
			var tooLarge *TooLargeError
			is.True(errors.As(err, &tooLarge))
			is.Equal(tooLarge.Next, int64(n))
			is.Equal(len(got), 0)
			is.True(after.TotalAlloc-before.TotalAlloc < 4*limit) // with buffers that grew and are garbage
		})
	}
}

// What is within the limit comes whole, and the limit counts for each batch.
func TestReaderTakesBatchesOfManyRecordsAndHeaders(t *testing.T) {
	is := is.New(t)
	const n = 1000
	records := testBatch{producerID: -1, count: n, lastOffsetDelta: n - 1, records: recordBomb(n)}.bytes()
	headers := testBatch{baseOffset: n, producerID: -1, count: 1, records: headerBomb(n)}.bytes()
	r := reader(0, ReadOptions{MaxMemory: recordMemory + n*headerMemory}, records, headers)
	got, err := r.Next(nil)
	is.NoErr(err)
	is.Equal(len(got), n)
	got, err = r.Next(nil)
	is.NoErr(err)
	is.Equal(len(got[0].Headers), n)
	_, err = r.Next(nil)
	is.Equal(err, io.EOF)
}
