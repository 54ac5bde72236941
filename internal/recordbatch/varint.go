package recordbatch

import "math/bits"

// varint decodes a zigzag varint (sint64 of Protocol Buffers) at b[i:] and returns
// the index after it. Where there is none, that index lies beyond b; reading on
// from there stays there, so that one comparison at the end finds it.
func varint(b []byte, i int) (int64, int) {
	if uint(i) < uint(len(b)) && b[i] < 0x80 {
		return int64(b[i]>>1) ^ -int64(b[i]&1), i + 1
	}
	return longVarint(b, i)
}

func longVarint(b []byte, i int) (int64, int) {
	var u uint64
	for shift := uint(0); shift < 70 && uint(i) < uint(len(b)); shift += 7 {
		c := b[i]
		i++
		u |= uint64(c&0x7f) << shift
		if c < 0x80 {
			return int64(u>>1) ^ -int64(u&1), i
		}
	}
	return 0, len(b) + 1
}

// putVarint encodes v at b[i:], which has the room, and returns the index after it.
func putVarint(b []byte, i int, v int64) int {
	u := uint64(v)<<1 ^ uint64(v>>63)
	for u >= 0x80 {
		b[i] = byte(u) | 0x80
		u >>= 7
		i++
	}
	b[i] = byte(u)
	return i + 1
}

// sizeVarint is the number of bytes that putVarint writes: 7 bits in each.
func sizeVarint(v int64) int {
	u := uint64(v)<<1 ^ uint64(v>>63)
	return (bits.Len64(u|1) + 6) / 7
}
