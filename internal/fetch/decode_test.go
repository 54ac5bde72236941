package fetch

import (
	"runtime"
	"runtime/debug"
	"strconv"
	"testing"
	"unsafe"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
)

// BenchmarkDecode is what becomes of one answer: decoded on one goroutine, taken and
// released by another.
func BenchmarkDecode(b *testing.B) {
	for _, size := range []int{100, 10_000} {
		b.Run(strconv.Itoa(size)+" bytes", func(b *testing.B) { benchmarkDecode(b, size, 1<<20/size) })
	}
}

func benchmarkDecode(b *testing.B, size, records int) {
	set := zeros(recordbatch.None, records, size)
	f := newFetcher(nil, Config{MaxBuffered: 4 << 20})
	defer f.Close()
	p := &partition{TopicPartition: message.TopicPartition{Topic: topic}}
	answers := make(chan []fetched)
	f.wg.Add(1)
	go f.decode(answers)
	f.wg.Go(func() {
		defer close(answers)
		for f.ctx.Err() == nil {
			f.mu.Lock()
			p.pending++
			f.mu.Unlock()
			select {
			case answers <- []fetched{{asked: p.ask(), set: set}}:
			case <-f.ctx.Done():
			}
		}
	})
	b.ReportAllocs()
	b.SetBytes(int64(len(set)))
	for b.Loop() {
		release(b, f, records)
	}
}

// zeros is a batch of records with values of a size.
func zeros(codec recordbatch.Codec, records, size int) []byte {
	w := recordbatch.NewWriter()
	for range records {
		_ = w.Append(&recordbatch.Record{Value: make([]byte, size)})
	}
	set, err := w.Finish(codec, 0)
	if err != nil {
		panic(err)
	}
	return set.Bytes()
}

// release takes n records and has no use for them.
func release(t testing.TB, f *Fetcher, n int) {
	t.Helper()
	for n > 0 {
		batches, err := f.Next(t.Context(), 3000)
		if err != nil {
			t.Fatal(err)
		}
		for i := range batches {
			n -= len(batches[i].Records)
			batches[i].Release()
		}
	}
}

// Each set that is decoded may take memory from those who have been released, and has to
// give back what it has no use for.
func TestDecodingUsesTheMemoryOfReleasedRecordsAgain(t *testing.T) {
	if raceDetector {
		t.Skip("the memory is kept in a sync.Pool")
	}
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // which would take it as well
	const records, rounds, together = 1000, 200, 2
	f := newFetcher(nil, Config{MaxBuffered: 4 << 20})
	defer f.Close()
	s := fetched{asked: asked{p: &partition{}}, set: zeros(recordbatch.None, records, 10)}
	var r recordbatch.Reader
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range rounds {
		for range together {
			f.decodeSet(&r, &s, 0)
		}
		release(t, f, together*records)
	}
	runtime.ReadMemStats(&after)
	taken := float64(after.TotalAlloc-before.TotalAlloc) / float64(records*int(unsafe.Sizeof(recordbatch.Record{}))) / rounds
	t.Logf("memory for the records of %.2f of %d sets", taken, together)
	if taken > 0.5 {
		t.Error("decoding takes new memory")
	}
}
