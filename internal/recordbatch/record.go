package recordbatch

// Record is one record of a partition.
type Record struct {
	Offset    int64    // in the partition; a Writer ignores it
	Timestamp int64    // milliseconds since 1970, of the producer or the broker as the topic says; -1: none
	Key       []byte   // nil: null, which is not the same as empty
	Value     []byte   // nil: null, which compaction treats as a tombstone
	Headers   []Header // nil: none; order and repeated keys are kept
}

// Header is one header of a record (KIP-82).
type Header struct {
	Key   string
	Value []byte // nil: null
}

// noTimestamp is the timestamp of a record that has none, as in magic 0.
const noTimestamp = -1

// Positions in the header of a record batch (magic 2). Offset, length and magic
// stand at the same place in messages of magic 0 and 1.
const (
	posBaseOffset      = 0
	posLength          = 8 // counts the bytes after itself
	posLeaderEpoch     = 12
	posMagic           = 16
	posCRC             = 17
	posAttributes      = 21 // the CRC covers everything from here
	posLastOffsetDelta = 23
	posBaseTimestamp   = 27
	posMaxTimestamp    = 35
	posProducerID      = 43
	posProducerEpoch   = 51
	posBaseSequence    = 53
	posCount           = 57
	headerSize         = 61
)

// prefixSize is the size of the offset and the length, which the length leaves out.
const prefixSize = posLength + 4

// Attributes of a record batch. Bit 6 says that the base timestamp is the delete
// horizon of a compacted batch (KIP-534); the cleaner has then recomputed the
// timestamp deltas against it, so that it needs no treatment here.
const (
	attrCodec         = 0x07
	attrLogAppendTime = 1 << 3
	attrTransactional = 1 << 4
	attrControl       = 1 << 5
)
