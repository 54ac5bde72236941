package recordbatch

import (
	"encoding/binary"
	"fmt"
)

// CorruptError reports a batch that is not what its header promises. Reading the
// same bytes again can't help; fetching them again can, if they broke on the way.
type CorruptError struct {
	Topic     string
	Partition int32
	Offset    int64 // of the batch
	Reason    string
	Err       error // of the decompressor; nil if the reason says it all
}

func (e *CorruptError) Error() string {
	s := fmt.Sprintf("read record batch of %s/%d at offset %d: %s", e.Topic, e.Partition, e.Offset, e.Reason)
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *CorruptError) Unwrap() error { return e.Err }

// UnsupportedError reports a batch in a format or compressed with a codec that
// this package doesn't know.
type UnsupportedError struct {
	Topic     string
	Partition int32
	Offset    int64  // of the batch
	What      string // "magic" or "codec"
	Value     int
}

func (e *UnsupportedError) Error() string {
	return fmt.Sprintf("read record batch of %s/%d at offset %d: unsupported %s %d", e.Topic, e.Partition, e.Offset, e.What, e.Value)
}

// TooLargeError reports a batch that takes more memory than is allowed, once it is
// decompressed and its records and headers are told apart.
type TooLargeError struct {
	Topic     string
	Partition int32
	Offset    int64 // of the batch
	Next      int64 // where to go on to leave the batch out
	Limit     int   // bytes
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("read record batch of %s/%d at offset %d: its content takes more than %d bytes of memory; to leave it out, set the group's offset to %d",
		e.Topic, e.Partition, e.Offset, e.Limit, e.Next)
}

// What the decoders below the Reader return; it adds where.
type (
	corrupt          string
	corruptStream    struct{ err error }
	unsupportedCodec Codec
	unsupportedMagic int8
	tooLarge         struct{}
)

func (e corrupt) Error() string          { return string(e) }
func (e corruptStream) Error() string    { return e.err.Error() }
func (e unsupportedCodec) Error() string { return fmt.Sprintf("unsupported codec %d", int8(e)) }
func (e unsupportedMagic) Error() string { return fmt.Sprintf("unsupported magic %d", int8(e)) }
func (tooLarge) Error() string           { return "too large" }

// after is the offset after a whole batch, according to its header.
func after(batch []byte) int64 {
	last, err := lastOffset(batch)
	if err != nil {
		return int64(binary.BigEndian.Uint64(batch))
	}
	return last + 1
}

// locate turns an error of a decoder into one for the caller of a Reader. set begins
// with what it is about.
func (r *Reader) locate(set []byte, err error) error {
	offset := int64(binary.BigEndian.Uint64(set))
	switch err := err.(type) {
	case unsupportedCodec:
		return &UnsupportedError{Topic: r.topic, Partition: r.partition, Offset: offset, What: "codec", Value: int(err)}
	case unsupportedMagic:
		return &UnsupportedError{Topic: r.topic, Partition: r.partition, Offset: offset, What: "magic", Value: int(err)}
	case tooLarge:
		return &TooLargeError{Topic: r.topic, Partition: r.partition, Offset: offset, Next: after(set), Limit: r.maxMemory}
	case corruptStream:
		return &CorruptError{Topic: r.topic, Partition: r.partition, Offset: offset, Reason: "decompress", Err: err.err}
	default:
		return &CorruptError{Topic: r.topic, Partition: r.partition, Offset: offset, Reason: err.Error()}
	}
}
