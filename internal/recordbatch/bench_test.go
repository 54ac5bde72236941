package recordbatch

import (
	"io"
	"math/rand/v2"
	"strconv"
	"testing"
)

// benchRecords look like small JSON documents: somewhat compressible.
func benchRecords(n, size, headers int) []Record {
	rnd := rand.New(rand.NewPCG(1, 2))
	records := make([]Record, n)
	for i := range records {
		value := make([]byte, 0, size+40)
		for len(value) < size {
			value = append(value, `{"id":`...)
			value = strconv.AppendUint(value, rnd.Uint64(), 10)
			value = append(value, `,"state":"shipped"},`...)
		}
		records[i] = Record{Timestamp: 1_700_000_000_000 + int64(i), Key: []byte("key-" + strconv.Itoa(i%1000)), Value: value[:size]}
		for h := range headers {
			records[i].Headers = append(records[i].Headers, Header{"header-" + strconv.Itoa(h), []byte("header value")})
		}
	}
	return records
}

func report(b *testing.B, records []Record) {
	bytes := 0
	for i := range records {
		bytes += len(records[i].Key) + len(records[i].Value)
	}
	b.SetBytes(int64(bytes))
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(records)), "ns/record")
}

func eachShape(b *testing.B, run func(b *testing.B, records []Record, codec Codec)) {
	b.Run("100B", func(b *testing.B) { run(b, benchRecords(1000, 100, 0), None) })
	b.Run("1KB", func(b *testing.B) { run(b, benchRecords(1000, 1000, 0), None) })
	b.Run("100B,3headers", func(b *testing.B) { run(b, benchRecords(1000, 100, 3), None) })
	for codec := Gzip; codec <= Zstd; codec++ {
		b.Run("100B,"+codec.String(), func(b *testing.B) { run(b, benchRecords(1000, 100, 0), codec) })
	}
}

func BenchmarkReader(b *testing.B) {
	eachShape(b, func(b *testing.B, records []Record, codec Codec) {
		set := write(b, NewWriter(), records, codec, 0)
		b.ReportAllocs()
		var r Reader
		for b.Loop() {
			r.Reset("t", 0, set, 0, ReadOptions{})
			if _, err := r.Next(nil); err != nil { // a fresh slice, as a consumer hands it on
				b.Fatal(err)
			}
			if _, err := r.Next(nil); err != io.EOF {
				b.Fatal(err)
			}
		}
		report(b, records)
	})
}

func BenchmarkWriter(b *testing.B) {
	eachShape(b, func(b *testing.B, records []Record, codec Codec) {
		w := NewWriter()
		b.ReportAllocs()
		for b.Loop() {
			w.Reset()
			for i := range records {
				if err := w.Append(&records[i]); err != nil {
					b.Fatal(err)
				}
			}
			if _, err := w.Finish(codec, 0); err != nil {
				b.Fatal(err)
			}
		}
		report(b, records)
	})
}
