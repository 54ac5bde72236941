package recordbatch

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// plainRecords are random ones with times that every client can represent.
func plainRecords(seed uint64) []Record {
	records := numbered(randomRecords(rand.New(rand.NewPCG(seed, 1))))
	for i := range records {
		records[i].Timestamp = max(records[i].Timestamp, 1)
	}
	return records
}

// fromKafkaGo are the records of a set that kafka-go has read.
func fromKafkaGo(t *testing.T, rs *protocol.RecordSet) []Record {
	is := is.New(t)
	var records []Record
	read := func(b protocol.Bytes) []byte {
		if b == nil {
			return nil
		}
		data, err := protocol.ReadAll(b)
		is.NoErr(err)
		return append([]byte{}, data...)
	}
	for {
		rec, err := rs.Records.ReadRecord()
		if errors.Is(err, io.EOF) {
			return records
		}
		is.NoErr(err)
		r := Record{Offset: rec.Offset, Timestamp: rec.Time.UnixMilli(), Key: read(rec.Key), Value: read(rec.Value)}
		for _, h := range rec.Headers {
			r.Headers = append(r.Headers, Header{h.Key, h.Value})
		}
		records = append(records, r)
	}
}

func toKafkaGo(records []Record) protocol.RecordReader {
	bytes := func(b []byte) protocol.Bytes {
		if b == nil {
			return nil
		}
		return protocol.NewBytes(b)
	}
	out := make([]protocol.Record, len(records))
	for i, r := range records {
		out[i] = protocol.Record{Time: time.UnixMilli(r.Timestamp), Key: bytes(r.Key), Value: bytes(r.Value)}
		for _, h := range r.Headers {
			out[i].Headers = append(out[i].Headers, protocol.Header{Key: h.Key, Value: h.Value})
		}
	}
	return protocol.NewRecordReader(out...)
}

func TestReaderReadsWhatKafkaGoWrites(t *testing.T) {
	for version := int8(1); version <= 2; version++ {
		for codec := None; codec <= Zstd; codec++ {
			if version == 1 && codec == Zstd {
				continue // not allowed in message sets
			}
			t.Run(codec.String()+" magic "+string('0'+rune(version)), func(t *testing.T) {
				is := is.New(t)
				want := plainRecords(uint64(codec))
				if version == 1 {
					for i := range want {
						want[i].Headers = nil
					}
				}
				rs := protocol.RecordSet{Version: version, Attributes: protocol.Attributes(codec), Records: toKafkaGo(want)}
				var b bytes.Buffer
				_, err := rs.WriteTo(&b)
				is.NoErr(err)
				same(t, readAll(t, reader(0, ReadOptions{}, b.Bytes()[4:])), want) // after the size
			})
		}
	}
}

func TestKafkaGoReadsWhatWriterWrites(t *testing.T) {
	w := NewWriter()
	for codec := None; codec <= Zstd; codec++ {
		t.Run(codec.String(), func(t *testing.T) {
			is := is.New(t)
			want := plainRecords(uint64(codec))
			b := write(t, w, want, codec, 0)
			b = append(binary.BigEndian.AppendUint32(nil, uint32(len(b))), b...)
			var rs protocol.RecordSet
			_, err := rs.ReadFrom(bytes.NewReader(b))
			is.NoErr(err)
			got := fromKafkaGo(t, &rs)
			for _, records := range [][]Record{got, want} {
				for i := range records { // it doesn't tell null from empty in headers
					for j := range records[i].Headers {
						h := &records[i].Headers[j]
						h.Value = append([]byte{}, h.Value...)
					}
				}
			}
			same(t, got, want)
		})
	}
}

func TestFranzGoReadsWhatWriterWrites(t *testing.T) {
	w := NewWriter()
	for codec := None; codec <= Zstd; codec++ {
		t.Run(codec.String(), func(t *testing.T) {
			is := is.New(t)
			want := plainRecords(uint64(codec))
			b := write(t, w, want, codec, 0)
			fp, next := kgo.ProcessFetchPartition(kgo.ProcessFetchPartitionOpts{Topic: "t"},
				&kmsg.FetchResponseTopicPartition{RecordBatches: b}, kgo.DefaultDecompressor(), nil)
			is.NoErr(fp.Err)
			is.Equal(next, int64(len(want)))
			var got []Record
			for _, r := range fp.Records {
				rec := Record{Offset: r.Offset, Timestamp: r.Timestamp.UnixMilli(), Key: r.Key, Value: r.Value}
				for _, h := range r.Headers {
					rec.Headers = append(rec.Headers, Header{h.Key, h.Value})
				}
				got = append(got, rec)
			}
			same(t, got, want)
		})
	}
}

func TestReaderReadsWhatFranzGoWrites(t *testing.T) {
	for codec, option := range []kgo.CompressionCodec{kgo.NoCompression(), kgo.GzipCompression(), kgo.SnappyCompression(), kgo.Lz4Compression(), kgo.ZstdCompression()} {
		t.Run(Codec(codec).String(), func(t *testing.T) {
			is := is.New(t)
			want := plainRecords(uint64(codec))
			b := kmsg.RecordBatch{
				FirstOffset: 100, PartitionLeaderEpoch: 4, Magic: 2, Attributes: int16(codec), LastOffsetDelta: int32(len(want) - 1),
				FirstTimestamp: want[0].Timestamp, ProducerID: -1, NumRecords: int32(len(want)),
			}
			for i, r := range want {
				rec := kmsg.Record{TimestampDelta64: r.Timestamp - b.FirstTimestamp, OffsetDelta: int32(i), Key: r.Key, Value: r.Value}
				for _, h := range r.Headers {
					rec.Headers = append(rec.Headers, kmsg.Header{Key: h.Key, Value: h.Value})
				}
				rec.Length = int32(len(rec.AppendTo(nil)) - 1) // as long as the length is of one byte
				b.Records = rec.AppendTo(b.Records)
				want[i].Offset += 100
			}
			if compressor, err := kgo.DefaultCompressor(option); err == nil && compressor != nil {
				b.Records, _ = compressor.Compress(new(bytes.Buffer), b.Records)
			}
			b.Length = int32(headerSize - prefixSize + len(b.Records))
			r := reader(100, ReadOptions{}, seal(b.AppendTo(nil)))
			same(t, readAll(t, r), want)
			is.Equal(r.LeaderEpoch(), int32(4))
		})
	}
}
