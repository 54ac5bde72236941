package recordbatch

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// decompress returns what src decompresses to, at most limit bytes, in a buffer of
// its own: records will point into it. Its error is tooLarge, unsupportedCodec or
// corruptStream.
func decompress(codec Codec, src []byte, limit int) ([]byte, error) {
	var out []byte
	var err error
	switch codec {
	case None:
		return src, nil
	case Gzip:
		out, err = gunzip(src, limit)
	case Snappy:
		out, err = unsnappy(src, limit)
	case LZ4:
		out, err = unlz4(src, limit)
	case Zstd:
		out, err = unzstd(src, limit)
	default:
		return nil, unsupportedCodec(codec)
	}
	switch {
	case err == nil:
		return out, nil
	case errors.Is(err, tooLarge{}):
		return nil, tooLarge{}
	case errors.Is(err, io.EOF): // or the error would look like the end of a set
		err = io.ErrUnexpectedEOF
	}
	return nil, corruptStream{err}
}

// scratch lends buffers to decoders that can't know the size of what they decode;
// it is then copied into a buffer that fits, unless it is above maxScratch.
var scratch = sync.Pool{New: func() any { return new([]byte) }}

// maxScratch is the size in bytes above which a buffer isn't kept.
const maxScratch = 8 << 20

func returnScratch(p *[]byte, b []byte) {
	if cap(b) <= maxScratch {
		*p = b[:0]
		scratch.Put(p)
	}
}

// gzipRatio is the most that DEFLATE compresses.
const gzipRatio = 1032

type gunzipper struct {
	gzip.Reader
	src bytes.Reader
}

var gunzippers = sync.Pool{New: func() any { return new(gunzipper) }}

func gunzip(src []byte, limit int) ([]byte, error) {
	g := gunzippers.Get().(*gunzipper)
	defer gunzippers.Put(g)
	g.src.Reset(src)
	defer g.src.Reset(nil)
	if err := g.Reset(&g.src); err != nil {
		return nil, err
	}
	// The last four bytes are the size (RFC 1952), unless there are several members.
	size := int64(binary.LittleEndian.Uint32(src[len(src)-4:]))
	size = min(size, int64(len(src))*gzipRatio, int64(limit))
	out := make([]byte, 0, size+1) // and one byte to see the end
	for {
		n, err := g.Read(out[len(out):cap(out)])
		out = out[:len(out)+n]
		switch {
		case len(out) > limit:
			return nil, tooLarge{}
		case errors.Is(err, io.EOF):
			return out, nil
		case err != nil:
			return nil, err
		}
		if len(out) == cap(out) {
			out = append(out, 0)[:len(out)]
		}
	}
}

// Limits of zstd (RFC 8878): the most that a block decompresses to, the least that
// it takes, and the memory that any decoder should allow a frame to ask for.
const (
	zstdBlock    = 128 << 10
	minZstdBlock = 4
	zstdMemory   = 8 << 20
)

// unzstder is a decoder with a limit, which is fixed when it is made.
type unzstder struct {
	*zstd.Decoder
	limit int
}

var unzstders sync.Pool

func newUnzstder(limit int) (*unzstder, error) {
	if d, ok := unzstders.Get().(*unzstder); ok && d.limit == limit {
		return d, nil
	}
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(uint64(limit)))
	if err != nil {
		return nil, err
	}
	return &unzstder{d, limit}, nil
}

func unzstd(src []byte, limit int) ([]byte, error) {
	var h zstd.Header
	if err := h.Decode(src); err != nil {
		return nil, err
	}
	// The decoder believes the size of the content and allocates it.
	if h.HasFCS && h.FrameContentSize > uint64(len(src)/minZstdBlock+1)*zstdBlock {
		return nil, errors.New("zstd content size out of range")
	}
	d, err := newUnzstder(max(limit, zstdMemory))
	if err != nil {
		return nil, err
	}
	defer unzstders.Put(d)
	var out []byte
	if h.HasFCS {
		out, err = d.DecodeAll(src, nil)
	} else {
		p := scratch.Get().(*[]byte)
		var b []byte
		b, err = d.DecodeAll(src, (*p)[:0])
		if out = b; cap(b) <= maxScratch { // which is kept
			out = bytes.Clone(b)
			returnScratch(p, b)
		}
	}
	if len(out) > limit {
		err = tooLarge{}
	}
	return out, zstdError(err)
}

func zstdError(err error) error {
	if errors.Is(err, zstd.ErrDecoderSizeExceeded) || errors.Is(err, zstd.ErrWindowSizeExceeded) {
		return tooLarge{}
	}
	return err
}
