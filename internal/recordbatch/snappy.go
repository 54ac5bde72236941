package recordbatch

import (
	"bytes"
	"encoding/binary"
	"errors"

	"github.com/klauspost/compress/s2"
)

// xerialHeader opens the framing of the snappy library for Java: a magic, a
// version and the oldest version that can read it. Chunks follow, each a 32-bit
// size and a snappy block. Brokers and Java clients write it, and read it as well
// as a single snappy block without framing, as some other clients write it.
var xerialHeader = []byte("\x82SNAPPY\x00\x00\x00\x00\x01\x00\x00\x00\x01")

const (
	xerialMagicSize = 8
	xerialChunk     = 32 << 10 // as in Java: a reader needs no more at once

	// snappyRatio is more than snappy ever compresses: 64 bytes into 3.
	snappyRatio = 22
)

var errSnappy = errors.New("malformed snappy framing")

func appendSnappy(dst, src []byte) []byte {
	dst = append(dst, xerialHeader...)
	for len(src) > 0 {
		chunk := src[:min(len(src), xerialChunk)]
		src = src[len(chunk):]
		size := len(dst)
		dst = append(dst, 0, 0, 0, 0)
		at := len(dst)
		if need := at + s2.MaxEncodedLen(len(chunk)); need > cap(dst) {
			dst = append(make([]byte, 0, need+len(src)), dst...)
		}
		dst = dst[:at+len(s2.EncodeSnappy(dst[at:cap(dst)], chunk))]
		binary.BigEndian.PutUint32(dst[size:], uint32(len(dst)-at))
	}
	return dst
}

func unsnappy(src []byte, limit int) ([]byte, error) {
	if len(src) < len(xerialHeader) || !bytes.Equal(src[:xerialMagicSize], xerialHeader[:xerialMagicSize]) {
		size, err := snappySize(src, limit)
		if err != nil {
			return nil, err
		}
		return s2.Decode(make([]byte, size), src)
	}
	size := 0
	for rest := src; len(rest) > 0; {
		var chunk []byte
		var err error
		if chunk, rest, err = nextXerial(rest); err != nil {
			return nil, err
		}
		n, err := snappySize(chunk, limit-size)
		if err != nil {
			return nil, err
		}
		size += n
	}
	out := make([]byte, 0, size)
	for len(src) > 0 {
		var chunk []byte
		chunk, src, _ = nextXerial(src)
		if len(chunk) == 0 {
			continue
		}
		n, _ := s2.DecodedLen(chunk)
		end := len(out) + n
		if _, err := s2.Decode(out[len(out):end:end], chunk); err != nil {
			return nil, err
		}
		out = out[:end]
	}
	return out, nil
}

// nextXerial takes the next chunk off b. It is empty where the header of another
// stream stands, which the framing allows anywhere.
func nextXerial(b []byte) (chunk, rest []byte, err error) {
	if len(b) >= len(xerialHeader) && bytes.Equal(b[:xerialMagicSize], xerialHeader[:xerialMagicSize]) {
		return nil, b[len(xerialHeader):], nil
	}
	if len(b) < 4 {
		return nil, nil, errSnappy
	}
	n := binary.BigEndian.Uint32(b)
	b = b[4:]
	if n == 0 || int64(n) > int64(len(b)) {
		return nil, nil, errSnappy
	}
	return b[:n], b[n:], nil
}

// snappySize is the decompressed size of a block; 0 of one without bytes.
func snappySize(block []byte, limit int) (int, error) {
	if len(block) == 0 {
		return 0, nil
	}
	n, err := s2.DecodedLen(block)
	switch {
	case err != nil:
		return 0, err
	case n > limit:
		return 0, tooLarge{}
	case n > len(block)*snappyRatio:
		return 0, errors.New("snappy size out of range")
	}
	return n, nil
}
