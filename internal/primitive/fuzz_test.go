package primitive

import (
	"runtime"
	"testing"
)

// FuzzReader reads any bytes as any fields: nothing panics, runs on or takes more memory
// than there are bytes, and after an error all is zero.
func FuzzReader(f *testing.F) {
	f.Add([]byte{0, 1, 'a', 2, 3, 'b', 'c', 0, 0, 0, 1, 7}, []byte{3, 6, 8, 10})
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1}, []byte{11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0})
	f.Add([]byte{0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80}, []byte{11})
	f.Fuzz(func(t *testing.T, b, fields []byte) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		r := NewReader(b)
		total := 0
		for _, field := range fields {
			left := r.Len()
			switch field % 14 {
			case 0:
				r.Bool()
			case 1:
				r.Int16()
			case 2:
				r.Int32()
			case 3:
				r.Int64()
			case 4:
				r.Uvarint()
			case 5:
				total += len(r.String())
			case 6:
				total += len(r.NullableString())
			case 7:
				total += len(r.Bytes())
			case 8:
				if n := r.Count(3); n < 0 || 3*n > left {
					t.Errorf("%d items of 3 bytes in %d bytes", n, left)
				}
			case 9:
				total += len(r.CompactString())
			case 10:
				if n := r.CompactCount(3); n < 0 || 3*n > left {
					t.Errorf("%d items of 3 bytes in %d bytes", n, left)
				}
			case 11:
				r.Tags()
			case 12:
				total += len(r.CompactBytes())
			case 13:
				r.EachTag(func(_ uint64, field *Reader) {
					total += len(field.CompactString())
					field.Int32()
				})
			}
			if r.Len() > left {
				t.Errorf("%d bytes are left of %d", r.Len(), left)
			}
		}
		if total > len(b) {
			t.Errorf("%d bytes out of %d", total, len(b))
		}
		if r.Err() != nil && (r.Int64() != 0 || r.String() != "" || r.Uvarint() != 0 || r.Count(1) != 0 || r.CompactCount(1) != 0) {
			t.Error("something is read after an error")
		}
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; n > uint64(1<<20+2*len(b)) {
			t.Errorf("%d bytes allocated for %d", n, len(b))
		}
	})
}
