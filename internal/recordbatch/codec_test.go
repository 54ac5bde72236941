package recordbatch

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
	"github.com/matryer/is"
	"github.com/pierrec/lz4/v4"
)

var codecOf = map[string]Codec{
	"gzip": Gzip, "snappy": Snappy, "snappy, xerial framing": Snappy, "lz4": LZ4, "zstd": Zstd, "zstd, streamed": Zstd,
}

// payloads are of all sizes that matter to a codec, compressible and not.
func payloads() map[string][]byte {
	rnd := rand.NewChaCha8([32]byte{1})
	random := make([]byte, 300<<10)
	_, _ = rnd.Read(random)
	mixed := append(bytes.Repeat([]byte("record batch "), 20_000), random...)
	return map[string][]byte{
		"one byte": {1}, "a line": []byte("a line of text, a line of text"), "random": random,
		"zeros": make([]byte, 1<<20), "mixed": mixed, "64 KiB": mixed[:64<<10], "64 KiB and one": mixed[:64<<10+1],
	}
}

func TestDecompressReadsWhatOthersCompress(t *testing.T) {
	for payload, want := range payloads() {
		for name, compress := range compressors {
			t.Run(name+" of "+payload, func(t *testing.T) {
				is := is.New(t)
				src := compress(want)
				got, err := decompress(codecOf[name], src, defaultMaxMemory)
				is.NoErr(err)
				is.True(bytes.Equal(got, want))

				_, err = decompress(codecOf[name], src, len(want))
				is.NoErr(err) // the limit is inclusive
				_, err = decompress(codecOf[name], src, len(want)-1)
				is.Equal(err, tooLarge{})

				for _, n := range []int{0, 1, 3, 8, 15, len(src) / 2, len(src) - 1} { // cut off
					if n < len(src) {
						got, err := decompress(codecOf[name], src[:n], defaultMaxMemory)
						is.True(err != nil || len(got) < len(want))
					}
				}
			})
		}
	}
}

func TestCompressIsReadByOthersAtEveryLevel(t *testing.T) {
	decompressors := map[Codec]func([]byte) ([]byte, error){
		Gzip:   func(b []byte) ([]byte, error) { return gunzip(b, defaultMaxMemory) },
		Snappy: func(b []byte) ([]byte, error) { return unsnappy(b, defaultMaxMemory) },
		LZ4:    func(b []byte) ([]byte, error) { return io.ReadAll(lz4.NewReader(bytes.NewReader(b))) },
		Zstd: func(b []byte) ([]byte, error) {
			d, _ := zstd.NewReader(nil)
			return d.DecodeAll(b, nil)
		},
	}
	for payload, want := range payloads() {
		for codec := Gzip; codec <= Zstd; codec++ {
			for level := 0; ValidLevel(codec, level) == nil; level++ {
				if level > 0 && payload != "64 KiB and one" {
					break // enough to see that a level is one
				}
				is := is.New(t)
				for range 2 { // the second time with a used encoder
					b, err := compress([]byte("prefix"), want, codec, level)
					is.NoErr(err)
					is.True(bytes.HasPrefix(b, []byte("prefix")))
					got, err := decompressors[codec](b[len("prefix"):])
					is.NoErr(err)
					is.True(bytes.Equal(got, want))
				}
			}
		}
	}
}

func TestSnappyFramingIsThatOfJava(t *testing.T) {
	is := is.New(t)
	b := appendSnappy(nil, make([]byte, xerialChunk+1))
	is.Equal(b[:16], []byte{0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0, 0, 0, 0, 1, 0, 0, 0, 1})
	n := binary.BigEndian.Uint32(b[16:])
	chunk, err := s2.Decode(nil, b[20:20+n])
	is.NoErr(err)
	is.Equal(len(chunk), xerialChunk)

	twice := append(appendSnappy(nil, []byte("one, ")), appendSnappy(nil, []byte("two"))...)
	got, err := unsnappy(twice, 100)
	is.NoErr(err) // a stream may follow a stream
	is.Equal(string(got), "one, two")
}

func TestLZ4FramesOfAllKinds(t *testing.T) {
	want := payloads()["mixed"]
	for name, options := range map[string][]lz4.Option{
		"with checksums":      {lz4.ChecksumOption(true), lz4.BlockChecksumOption(true)},
		"with a content size": {lz4.SizeOption(uint64(len(want)))},
		"with small blocks":   {lz4.BlockSizeOption(lz4.Block64Kb)},
		"with large blocks":   {lz4.BlockSizeOption(lz4.Block4Mb)},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			var b bytes.Buffer
			w := lz4.NewWriter(&b)
			is.NoErr(w.Apply(options...))
			_, err := w.Write(want)
			is.NoErr(err)
			is.NoErr(w.Close())
			got, err := unlz4(b.Bytes(), defaultMaxMemory)
			is.NoErr(err)
			is.True(bytes.Equal(got, want))
		})
	}
	t.Run("with blocks that refer to the one before", func(t *testing.T) {
		is := is.New(t)
		frame := []byte{0x04, 0x22, 0x4D, 0x18, lz4Version, 4 << 4, 0}
		frame = append(frame, 3, 0, 0, 0x80, 'a', 'b', 'c') // as it is
		// Nothing literal, then 4 bytes from 3 back; five literal bytes end a block.
		frame = append(frame, 9, 0, 0, 0, 0x00, 3, 0, 0x50, 'v', 'w', 'x', 'y', 'z', 0, 0, 0, 0)
		got, err := unlz4(frame, 100)
		is.NoErr(err)
		is.Equal(string(got), "abcabcavwxyz")
	})
}

func TestDecompressionIsBounded(t *testing.T) {
	bomb := make([]byte, 4<<20)
	records := appendRecord(nil, 0, 0, nil, bomb)
	for name, compress := range compressors {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			b := testBatch{attributes: int16(codecOf[name]), producerID: -1, count: 1, records: compress(records)}
			_, err := reader(0, ReadOptions{MaxMemory: 1 << 20}, b.bytes()).Next(nil)
			var tooLarge *TooLargeError
			is.True(errors.As(err, &tooLarge))
			is.Equal(err.Error(), "read record batch of t/1 at offset 0: its content takes more than 1048576 bytes of memory; to leave it out, set the group's offset to 1")
			is.Equal(len(readAll(t, reader(0, ReadOptions{}, b.bytes()))), 1)
		})
	}
}

func TestCodecNamesAndLevels(t *testing.T) {
	is := is.New(t)
	for c := None; c <= Zstd; c++ {
		got, err := ParseCodec(c.String())
		is.NoErr(err)
		is.Equal(got, c)
		is.NoErr(ValidLevel(c, 0))
		is.NoErr(ValidLevel(c, maxLevel[c]))
		is.True(ValidLevel(c, maxLevel[c]+1) != nil)
		is.True(ValidLevel(c, -1) != nil)
	}
	_, err := ParseCodec("brotli")
	is.Equal(err.Error(), `parse codec "brotli": want one of none, gzip, snappy, lz4, zstd`)
	is.Equal(ValidLevel(Gzip, 10).Error(), "compression level 10: want 0 (the default) or 1 to 9 for gzip")
	is.Equal(ValidLevel(Snappy, 1).Error(), "compression level 1: snappy has no levels, want 0")
	is.True(ValidLevel(5, 0) != nil)
	is.Equal(Codec(5).String(), "codec 5")
}
