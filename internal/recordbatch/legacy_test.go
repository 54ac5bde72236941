package recordbatch

import (
	"bytes"
	"errors"
	"testing"

	"github.com/matryer/is"
)

func set(messages ...testMessage) []byte {
	var b []byte
	for _, m := range messages {
		b = append(b, m.bytes()...)
	}
	return b
}

func TestReaderReadsOldMessages(t *testing.T) {
	is := is.New(t)
	r := reader(1, ReadOptions{},
		testMessage{offset: 0, magic: 0, value: []byte("too low")}.bytes(),
		testMessage{offset: 1, magic: 0, key: []byte{}, value: nil}.bytes(),
		testMessage{offset: 4, magic: 1, timestamp: 1000, key: nil, value: []byte{}}.bytes(),
		batchOf(5, 5, 5).bytes())
	is.Equal(readAll(t, r), []Record{
		{Offset: 1, Timestamp: -1, Key: []byte{}},
		{Offset: 4, Timestamp: 1000, Value: []byte{}},
		{Offset: 5, Value: []byte{5}},
	})
	is.Equal(r.NextOffset(), int64(6))
}

func TestReaderReadsCompressedMessages(t *testing.T) {
	v0 := set(testMessage{offset: 5, value: []byte("a")}, testMessage{offset: 7, value: []byte("b")})
	v1 := set(testMessage{offset: 0, magic: 1, timestamp: 10, value: []byte("a")}, testMessage{offset: 2, magic: 1, timestamp: 20, value: []byte("b")})
	for _, c := range []struct {
		name    string
		wrapper testMessage
		inner   []byte
		from    int64
		want    []Record
		next    int64
	}{
		{"magic 0, absolute offsets", testMessage{offset: 7}, v0, 0,
			[]Record{{Offset: 5, Timestamp: -1, Value: []byte("a")}, {Offset: 7, Timestamp: -1, Value: []byte("b")}}, 8},
		{"magic 1, relative offsets", testMessage{offset: 7, magic: 1, timestamp: 30}, v1, 0,
			[]Record{{Offset: 5, Timestamp: 10, Value: []byte("a")}, {Offset: 7, Timestamp: 20, Value: []byte("b")}}, 8},
		{"magic 1, the time of the broker", testMessage{offset: 7, magic: 1, timestamp: 30, attributes: attrLogAppendTime}, v1, 0,
			[]Record{{Offset: 5, Timestamp: 30, Value: []byte("a")}, {Offset: 7, Timestamp: 30, Value: []byte("b")}}, 8},
		{"an offset within", testMessage{offset: 7, magic: 1}, v1, 6,
			[]Record{{Offset: 7, Timestamp: 20, Value: []byte("b")}}, 8},
		{"an offset that is too low", testMessage{offset: 7, magic: 1}, v1, 9, nil, 9},
		{"offset 0, as some producers leave it", testMessage{offset: 0, magic: 1}, v1, 0,
			[]Record{{Offset: 0, Timestamp: 10, Value: []byte("a")}, {Offset: 2, Timestamp: 20, Value: []byte("b")}}, 3},
		{"magic 0 within magic 1", testMessage{offset: 9, magic: 1, attributes: attrLogAppendTime, timestamp: 30}, v0, 0,
			[]Record{{Offset: 7, Timestamp: -1, Value: []byte("a")}, {Offset: 9, Timestamp: -1, Value: []byte("b")}}, 10},
		{"part of a message at the end", testMessage{offset: 7, magic: 1}, append(bytes.Clone(v1), v1[:30]...), 0,
			[]Record{{Offset: 5, Timestamp: 10, Value: []byte("a")}, {Offset: 7, Timestamp: 20, Value: []byte("b")}}, 8},
	} {
		for name, codec := range map[string]Codec{"gzip": Gzip, "snappy": Snappy, "snappy, xerial framing": Snappy, "lz4": LZ4} {
			t.Run(c.name+", "+name, func(t *testing.T) {
				is := is.New(t)
				c.wrapper.value = compressors[name](c.inner)
				c.wrapper.attributes = c.wrapper.attributes&^attrCodec | byte(codec)
				r := reader(c.from, ReadOptions{}, c.wrapper.bytes())
				same(t, readAll(t, r), c.want)
				is.Equal(r.NextOffset(), c.next)
			})
		}
	}
}

func TestReaderReadsLZ4WithTheHeaderChecksumOfOldProducers(t *testing.T) {
	is := is.New(t)
	frame := compressors["lz4"](set(testMessage{offset: 3, value: []byte("a")}))
	frame[6]++ // where the checksum is: after magic, flags and block size
	r := reader(0, ReadOptions{}, testMessage{offset: 3, attributes: byte(LZ4), value: frame}.bytes())
	is.Equal(offsets(readAll(t, r)), []int64{3})
}

func TestReaderReportsBrokenMessages(t *testing.T) {
	inner := testMessage{offset: 1, magic: 1, value: []byte("a")}
	wrap := func(b []byte) testMessage {
		return testMessage{offset: 5, magic: 1, attributes: byte(Gzip), value: compressors["gzip"](b)}
	}
	nested := inner
	nested.attributes = byte(Gzip)
	wrongCRC := inner.bytes()
	wrongCRC[posMessageCRC]++
	longKey := testMessage{offset: 5, key: []byte("k")}.bytes()
	longKey[posTimestamp] = 1
	zstd := testMessage{offset: 5, magic: 1, attributes: byte(Zstd), value: []byte("any")}
	high := inner
	high.offset = 9
	var corrupt *CorruptError
	var unsupported *UnsupportedError
	for _, c := range []struct {
		name string
		set  []byte
		as   any
	}{
		{"a wrong CRC", wrongCRC, &corrupt},
		{"a wrong CRC within", wrap(wrongCRC).bytes(), &corrupt},
		{"a length beyond the message", sealMessage(longKey), &corrupt},
		{"a compressed message without a value", testMessage{offset: 5, magic: 1, attributes: byte(Gzip)}.bytes(), &corrupt},
		{"a compressed message without messages", wrap(nil).bytes(), &corrupt},
		{"a compressed message within", wrap(nested.bytes()).bytes(), &corrupt},
		{"a batch of magic 2 within", wrap(batchOf(0, 0, 0).bytes()).bytes(), &unsupported},
		{"messages out of order", wrap(append(high.bytes(), inner.bytes()...)).bytes(), &corrupt},
		{"an offset below that of the messages within", wrap(high.bytes()).bytes(), &corrupt},
		{"zstd, which came later", zstd.bytes(), &unsupported},
	} {
		t.Run(c.name, func(t *testing.T) {
			is := is.New(t)
			r := reader(0, ReadOptions{}, c.set)
			records, err := r.Next(nil)
			is.True(errors.As(err, c.as))
			is.Equal(len(records), 0)
			is.Equal(r.NextOffset(), int64(0))
		})
	}
}
