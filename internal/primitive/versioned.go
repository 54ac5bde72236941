package primitive

// Encoder writes a message of which some versions are flexible (KIP-482): its fields are
// described once for all versions.
type Encoder struct {
	Writer
	Flexible bool // the version is
}

// String writes a STRING or COMPACT_STRING.
func (e *Encoder) String(s string) {
	if e.Flexible {
		e.CompactString(s)
		return
	}
	e.Int16(int16(len(s)))
	e.b = append(e.b, s...)
}

// Count writes the length of an array.
func (e *Encoder) Count(n int) {
	if e.Flexible {
		e.CompactCount(n)
		return
	}
	e.Int32(int32(n))
}

// End ends a structure that has no tagged fields.
func (e *Encoder) End() {
	if e.Flexible {
		e.Tags()
	}
}

// Decoder reads what an Encoder writes.
type Decoder struct {
	*Reader
	Flexible bool // the version is
}

// String reads a STRING or COMPACT_STRING.
func (d *Decoder) String() string {
	if d.Flexible {
		return d.CompactString()
	}
	return d.Reader.String()
}

// Bytes reads NULLABLE_BYTES or COMPACT_NULLABLE_BYTES, nil for null.
func (d *Decoder) Bytes() []byte {
	if d.Flexible {
		return d.CompactBytes()
	}
	return d.Reader.Bytes()
}

// Count reads the length of an array, as that of Reader does.
func (d *Decoder) Count(itemSize int) int {
	if d.Flexible {
		return d.CompactCount(itemSize)
	}
	return d.Reader.Count(itemSize)
}

// End ends a structure: it passes over tagged fields.
func (d *Decoder) End() {
	if d.Flexible {
		d.Tags()
	}
}

// EndWith ends a structure, and calls known with its tagged fields.
func (d *Decoder) EndWith(known func(tag uint64, field *Reader)) {
	if d.Flexible {
		d.EachTag(known)
	}
}
