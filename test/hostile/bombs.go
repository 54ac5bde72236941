package hostile

import (
	"encoding/binary"
	"hash/crc32"
	"sync"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
)

// bombs gives small batches in place of records that become large: of each codec, with
// millions of records, of headers, or of bytes.
func bombs(a *Answer) bool {
	all := makeBombs()
	a.change(func(res kmsg.Response) {
		if r, ok := res.(*kmsg.FetchResponse); ok {
			for i := range r.Topics {
				for j := range r.Topics[i].Partitions {
					p := &r.Topics[i].Partitions[j]
					p.ErrorCode = 0
					p.RecordBatches = append([]byte{}, all[a.rng.IntN(len(all))]...)
				}
			}
		}
	})
	return true
}

// MakeBombs makes ready what the lie "bombs" tells, which takes 2 GB for a moment: before
// the memory of a connector that is told it is measured.
func MakeBombs() { makeBombs() }

var makeBombs = sync.OnceValue(func() (all [][]byte) {
	for codec := recordbatch.Gzip; codec <= recordbatch.Zstd; codec++ {
		for _, bomb := range []struct {
			record recordbatch.Record
			times  int
		}{
			{recordbatch.Record{}, 4 << 20},
			{recordbatch.Record{Headers: make([]recordbatch.Header, 1<<20)}, 1},
			{recordbatch.Record{Headers: make([]recordbatch.Header, 1000)}, 400}, // within the bound
			{recordbatch.Record{Value: make([]byte, 260<<20)}, 1},
			{recordbatch.Record{Value: make([]byte, 100<<20)}, 1}, // within the bound
		} {
			w := recordbatch.NewWriter()
			w.Reset()
			for range bomb.times {
				if err := w.Append(&bomb.record); err != nil {
					panic(err)
				}
			}
			b, err := w.Finish(codec, 0)
			if err != nil {
				panic(err)
			}
			all = append(all, append([]byte{}, b.Bytes()...))
		}
	}
	return all
})

// wrongPlace gives the right records under other offsets, epochs, producers and times, or
// those of another partition.
func wrongPlace(a *Answer) bool {
	a.change(func(res kmsg.Response) {
		r, ok := res.(*kmsg.FetchResponse)
		if !ok {
			return
		}
		var other []byte
		for i := range r.Topics {
			for j := range r.Topics[i].Partitions {
				p := &r.Topics[i].Partitions[j]
				if b := p.RecordBatches; len(b) > 61 && binary.BigEndian.Uint32(b[8:])+12 <= uint32(len(b)) {
					b = b[:binary.BigEndian.Uint32(b[8:])+12]
					misplace(b, a)
					p.RecordBatches = b
				}
				if a.rng.IntN(4) == 0 {
					p.RecordBatches, other = other, p.RecordBatches
				}
			}
		}
	})
	return true
}

func misplace(b []byte, a *Answer) {
	number := func() uint64 {
		return []uint64{0, 1, 1<<63 - 1, 1 << 63, 1<<64 - 1, a.rng.Uint64(), uint64(a.rng.IntN(200))}[a.rng.IntN(7)]
	}
	switch a.rng.IntN(6) {
	case 0, 1:
		binary.BigEndian.PutUint64(b, number()) // base offset
	case 2:
		binary.BigEndian.PutUint32(b[12:], uint32(number())) // leader epoch
	case 3:
		binary.BigEndian.PutUint32(b[23:], uint32(number())) // last offset delta
	case 4:
		binary.BigEndian.PutUint32(b[57:], uint32(number())) // count
	case 5:
		binary.BigEndian.PutUint16(b[21:], uint16(number())) // attributes
	}
	binary.BigEndian.PutUint32(b[17:], crc32.Checksum(b[21:], crc32.MakeTable(crc32.Castagnoli)))
}
