package primitive

// NullableString writes a NULLABLE_STRING or COMPACT_NULLABLE_STRING, null for "".
func (e *Encoder) NullableString(s string) {
	switch {
	case s != "":
		e.String(s)
	case e.Flexible:
		e.Null()
	default:
		e.Int16(-1)
	}
}

// NullableString reads a NULLABLE_STRING or COMPACT_NULLABLE_STRING, "" for null.
func (d *Decoder) NullableString() string {
	if d.Flexible {
		return d.CompactString()
	}
	return d.Reader.NullableString()
}

// Answer reads a raw frame in a version that is flexible or not: what follows the size, the
// correlation ID and the tagged fields of the header.
func Answer(frame []byte, flexible bool) *Decoder {
	d := &Decoder{NewReader(frame), flexible}
	d.Take(8)
	d.End()
	return d
}
