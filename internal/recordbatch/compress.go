package recordbatch

import (
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// encoders holds those that aren't in use, by codec and level, for zstd by the few
// levels that its encoder tells apart: each has tables that are costly to allocate.
var encoders [len(maxLevel)][10]sync.Pool

// zstdLevel maps the levels of zstd, of which 3 is the default.
func zstdLevel(level int) zstd.EncoderLevel {
	if level == 0 {
		return zstd.SpeedDefault
	}
	return zstd.EncoderLevelFromZstd(level)
}

type gzipEncoder struct{ *gzip.Writer }

func newEncoder(codec Codec, level int) (any, error) {
	switch codec {
	case Gzip:
		if level == 0 {
			level = gzip.DefaultCompression
		}
		w, err := gzip.NewWriterLevel(nil, level)
		return &gzipEncoder{w}, err
	case LZ4:
		if level == 0 {
			return new(lz4.Compressor), nil
		}
		return &lz4.CompressorHC{Level: 1 << (8 + level)}, nil // the depth of its search
	case Zstd:
		return zstd.NewWriter(nil,
			zstd.WithEncoderLevel(zstdLevel(level)),
			zstd.WithEncoderConcurrency(1),
			zstd.WithWindowSize(zstdWindow),
			zstd.WithEncoderCRC(false)) // the batch has its own
	}
	return nil, unsupportedCodec(codec)
}

// zstdWindow is how far back zstd looks for repetitions, and what an encoder keeps
// in memory. Batches are seldom larger.
const zstdWindow = 1 << 20

// compress appends src, compressed, to dst. The level is one that ValidLevel allows.
func compress(dst, src []byte, codec Codec, level int) ([]byte, error) {
	if codec == Snappy {
		return appendSnappy(dst, src), nil
	}
	slot := level
	if codec == Zstd {
		slot = int(zstdLevel(level))
	}
	pool := &encoders[codec][slot]
	e := pool.Get()
	if e == nil {
		var err error
		if e, err = newEncoder(codec, level); err != nil {
			return nil, err
		}
	}
	defer pool.Put(e)
	switch e := e.(type) {
	case lz4Compressor:
		return appendLZ4(dst, src, e), nil
	case *zstd.Encoder:
		return e.EncodeAll(src, dst), nil
	case *gzipEncoder:
		return e.append(dst, src)
	}
	return nil, unsupportedCodec(codec)
}

func (e *gzipEncoder) append(dst, src []byte) ([]byte, error) {
	out := appender(dst)
	e.Reset(&out)
	defer e.Reset(nil) // or the pool would keep the buffer alive
	if _, err := e.Write(src); err != nil {
		return nil, err
	}
	if err := e.Close(); err != nil {
		return nil, err
	}
	return out, nil
}

// appender is a slice to write to.
type appender []byte

func (a *appender) Write(p []byte) (int, error) {
	*a = append(*a, p...)
	return len(p), nil
}
