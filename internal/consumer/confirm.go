package consumer

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/group"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
)

var errOtherTopic = errors.New("most brokers tell another topic ID than the first one did")

// confirm has more brokers asked about topics whose ID may not be the one that metadata
// tells: a broker that is cut off from its cluster tells that of a topic which was
// deleted, and the offset of the one that has its name now would be taken for an offset
// of the other. Where most tell another ID nothing of the topic is started yet: what the
// group had committed by then may be for either.
func (s *starter) confirm(ctx context.Context, found map[string]cluster.Topic, committed group.Offsets) error {
	var names []string
	s.mu.Lock()
	for name, t := range found {
		if t.Err == nil && t.ID != (cluster.TopicID{}) && s.contradicts(t, committed[name]) {
			names = append(names, name)
		}
	}
	s.mu.Unlock()
	if len(names) == 0 {
		return nil
	}
	told, err := s.client.Confirm(ctx, names)
	if err != nil {
		return fmt.Errorf("confirm the IDs of topics: %w", err)
	}
	for name, t := range told {
		if t.ID != found[name].ID {
			found[name] = cluster.Topic{Name: name, Err: cmp.Or(t.Err, errOtherTopic)}
		}
	}
	return nil
}

// contradicts reports whether there is an offset that is not known to be of the topic
// that metadata tells: it was committed or read in another one, or its note does not say
// in which. The lock is held.
func (s *starter) contradicts(t cluster.Topic, committed map[int32]group.Offset) bool {
	for id, o := range committed {
		if n, _ := readNote(o.Metadata); o.At >= 0 && n.topic != t.ID {
			return true
		}
		if r, ok := s.reached[message.TopicPartition{Topic: t.Name, Partition: id}]; ok && !r.isOf(t.ID, false) {
			return true
		}
	}
	return false
}
