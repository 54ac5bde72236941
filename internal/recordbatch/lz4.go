package recordbatch

import (
	"bytes"
	"encoding/binary"
	"errors"

	"github.com/pierrec/lz4/v4"
)

// The LZ4 frame format, as far as Kafka goes: one frame, no dictionary. Checksums
// are neither written nor compared, since the batch has its own CRC over all of it;
// so the wrong header checksum of old producers in magic 0 does no harm (KIP-57).
const (
	lz4Magic           = 0x184D2204
	lz4Version         = 1 << 6
	lz4VersionMask     = 3 << 6
	lz4Independent     = 1 << 5
	lz4BlockChecksum   = 1 << 4
	lz4ContentSize     = 1 << 3
	lz4ContentChecksum = 1 << 2
	lz4Dictionary      = 1 << 0
	lz4Stored          = 1 << 31 // in the size of a block: not compressed

	lz4Window = 64 << 10
	lz4Block  = 64 << 10 // the size that we write
	lz4Ratio  = 255      // the most that LZ4 compresses
)

// lz4Header opens a frame of blocks of 64 KiB. None refers to another, or Java could
// not read it. The last byte is the checksum of the two before it.
var lz4Header = []byte{0x04, 0x22, 0x4D, 0x18, lz4Version | lz4Independent, 4 << 4, 0x82}

// lz4Compressor compresses a block; it returns 0 if dst is too small.
type lz4Compressor interface {
	CompressBlock(src, dst []byte) (int, error)
}

func appendLZ4(dst, src []byte, c lz4Compressor) []byte {
	dst = append(dst, lz4Header...)
	for len(src) > 0 {
		block := src[:min(len(src), lz4Block)]
		src = src[len(block):]
		size := len(dst)
		at := size + 4
		if need := at + len(block); need > cap(dst) {
			dst = append(make([]byte, 0, need+len(src)), dst...)
		}
		dst = dst[: at+len(block) : cap(dst)]
		n, err := c.CompressBlock(block, dst[at:])
		if err != nil || n == 0 || n >= len(block) {
			n = copy(dst[at:], block)
			binary.LittleEndian.PutUint32(dst[size:], uint32(n)|lz4Stored)
		} else {
			binary.LittleEndian.PutUint32(dst[size:], uint32(n))
		}
		dst = dst[:at+n]
	}
	return append(dst, 0, 0, 0, 0)
}

var errLZ4 = errors.New("malformed lz4 frame")

// lz4Frame is what the header of a frame says.
type lz4Frame struct {
	maxBlock        int
	linked          bool // blocks refer to the ones before them
	blockChecksums  bool
	contentChecksum bool
}

// parseLZ4 reads the header of a frame and returns the blocks after it.
func parseLZ4(b []byte) (lz4Frame, []byte, error) {
	if len(b) < len(lz4Header) || binary.LittleEndian.Uint32(b) != lz4Magic {
		return lz4Frame{}, nil, errLZ4
	}
	flags, size := b[4], int(b[5]>>4&7)
	if flags&lz4VersionMask != lz4Version || flags&lz4Dictionary != 0 || size < 4 {
		return lz4Frame{}, nil, errLZ4
	}
	header := len(lz4Header)
	if flags&lz4ContentSize != 0 {
		header += 8
	}
	if len(b) < header {
		return lz4Frame{}, nil, errLZ4
	}
	return lz4Frame{
		maxBlock:        1 << (8 + 2*size), // 64 KiB, 256 KiB, 1 MiB, 4 MiB
		linked:          flags&lz4Independent == 0,
		blockChecksums:  flags&lz4BlockChecksum != 0,
		contentChecksum: flags&lz4ContentChecksum != 0,
	}, b[header:], nil
}

func unlz4(src []byte, limit int) ([]byte, error) {
	frame, b, err := parseLZ4(src)
	if err != nil {
		return nil, err
	}
	p := scratch.Get().(*[]byte)
	out := (*p)[:0]
	defer func() { returnScratch(p, out) }()
	for {
		if len(b) < 4 {
			return nil, errLZ4
		}
		size := binary.LittleEndian.Uint32(b)
		b = b[4:]
		if size == 0 {
			if frame.contentChecksum && len(b) < 4 {
				return nil, errLZ4
			}
			if cap(out) > maxScratch {
				return out, nil // not kept, and too large for a copy beside it
			}
			return bytes.Clone(out), nil
		}
		n := size &^ lz4Stored
		if n > uint32(frame.maxBlock) || int(n) > len(b) {
			return nil, errLZ4
		}
		if out, err = frame.block(out, b[:n], size&lz4Stored != 0, limit); err != nil {
			return nil, err
		}
		b = b[n:]
		if frame.blockChecksums {
			if len(b) < 4 {
				return nil, errLZ4
			}
			b = b[4:]
		}
	}
}

// block appends a decompressed block to out.
func (f lz4Frame) block(out, block []byte, stored bool, limit int) ([]byte, error) {
	most := len(block)
	if !stored {
		most = min(f.maxBlock, len(block)*lz4Ratio)
	}
	room := min(most, limit-len(out))
	if need := len(out) + room; need > cap(out) {
		out = append(make([]byte, 0, max(need, 2*cap(out))), out...)
	}
	if stored {
		if room < most {
			return out, tooLarge{}
		}
		return append(out, block...), nil
	}
	var dictionary []byte
	if f.linked {
		dictionary = out[max(0, len(out)-lz4Window):]
	}
	n, err := lz4.UncompressBlockWithDict(block, out[len(out):len(out)+room], dictionary)
	switch {
	case err == nil:
		return out[:len(out)+n], nil
	case room < most: // as far as can be told
		return out, tooLarge{}
	}
	return out, err
}
