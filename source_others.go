package kafka

import (
	"slices"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/position"
)

// What a position says of other partitions takes fewOthers bytes, or a sixteenth of the
// records that it stands for if that is more, up to maxOthers. That is room for 1,000
// partitions where ReadN returns as much as it may, and always for 300.
const (
	fewOthers = 4 << 10
	maxOthers = 16 << 10
)

// resume has the trail begin where reading begins: what is known of partitions has to
// last until it is committed, or they are read on.
func (s *readSession) resume(from Position) {
	for _, place := range slices.Backward(from.places()) { // the one that was read last comes last
		s.trail.Move(place)
	}
}

// handOut notes that records of a batch are handed out, up to the one with an offset.
func (s *readSession) handOut(b *message.Batch, offset int64) {
	s.lastOut = message.TopicPartition{Topic: b.Topic, Partition: b.Partition}
	s.trail.Move(position.Place{TopicPartition: s.lastOut, TopicID: b.TopicID, LeaderEpoch: b.LeaderEpoch, Next: offset + 1})
}

// nameOthers adds to the position of the last record that is handed out how far other
// partitions were. size is that of all that is handed out with it.
func (s *readSession) nameOthers(last *opencdc.Record, size int) {
	s.trail.Sweep(time.Now(), s.consumer.Committed)
	last.Position = withOthers(last.Position, s.trail.Text(s.lastOut, min(fewOthers+size/16, maxOthers)))
}
