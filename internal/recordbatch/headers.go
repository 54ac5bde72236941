package recordbatch

import "unsafe"

// headerSlab is what the headers of a batch are carved from, so that a record with
// headers costs no allocation of its own.
type headerSlab struct {
	free  []Header
	spare int  // this many headers may still be made
	over  bool // there were more
}

// Limits of a slab: a header takes two bytes at least, and a few records with many
// headers must not reserve as many for all those without.
const (
	minHeaderSize = 2
	slabHeaders   = 1024
)

// read decodes n headers at rec[i:] and returns the index after them: after rec if
// they aren't all there, or if they are more than may be made. Records mostly have the same number of headers: left is
// how many of them, with this one, are still to come.
func (s *headerSlab) read(rec []byte, i int, n int64, left int) ([]Header, int) {
	if n < 0 || n > int64(len(rec)-i)/minHeaderSize {
		return nil, len(rec) + 1
	}
	if int(n) > s.spare {
		s.over = true
		return nil, len(rec) + 1
	}
	s.spare -= int(n)
	if len(s.free) < int(n) {
		s.free = make([]Header, max(n, min(n*int64(left), slabHeaders)))
	}
	headers := s.free[:n:n]
	s.free = s.free[n:]
	for h := range headers {
		var key []byte
		if key, i = bytesAt(rec, i); key == nil { // a key is never null
			return nil, len(rec) + 1
		}
		// A string may share these bytes, since they never change again: see Reset.
		headers[h].Key = unsafe.String(unsafe.SliceData(key), len(key))
		headers[h].Value, i = bytesAt(rec, i)
	}
	return headers, i
}
