package recordbatch

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
)

// Encoded is a record batch that a Writer has finished, in pieces: values that were not
// copied lie where they did. The zero value is none.
type Encoded struct {
	pieces [][]byte // the first one begins with the header
	size   int
}

// Size is the size of the batch in bytes, 0 if there is none.
func (e Encoded) Size() int { return e.size }

// Pieces returns the batch in pieces, which belong to the Writer.
func (e Encoded) Pieces() [][]byte { return e.pieces }

// Bytes returns the batch in one piece. It is copied if it has several.
func (e Encoded) Bytes() []byte {
	if len(e.pieces) == 1 {
		return e.pieces[0]
	}
	return bytes.Join(e.pieces, nil)
}

// SetProducer puts a producer ID, its epoch and the sequence number of the first
// record into the batch (KIP-98).
func (e Encoded) SetProducer(id int64, epoch int16, baseSequence int32) {
	head := e.pieces[0]
	binary.BigEndian.PutUint64(head[posProducerID:], uint64(id))
	binary.BigEndian.PutUint16(head[posProducerEpoch:], uint16(epoch))
	binary.BigEndian.PutUint32(head[posBaseSequence:], uint32(baseSequence))
	sum := crc32.Checksum(head[posAttributes:], castagnoli)
	for _, piece := range e.pieces[1:] {
		sum = crc32.Update(sum, castagnoli, piece)
	}
	binary.BigEndian.PutUint32(head[posCRC:], sum)
}
