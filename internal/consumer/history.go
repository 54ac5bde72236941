package consumer

import (
	"context"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"strings"
	"time"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/group"
)

// note travels with every commit as its metadata: so it outlives the process and
// reaches the other members.
type note struct {
	partitions int32  // of the topic, when the group first read it
	since      int64  // when the group began to read what it reads, in Unix seconds
	reads      uint32 // checksum of the settings that say what that is
	topic      cluster.TopicID
	// high is the highest offset that the group has reached in this log, if the one
	// that is committed is lower: then somebody went back. 0: it is not.
	high int64
}

const (
	noteFormat = "conduit partitions=%d since=%d reads=%x topic=%s"
	highFormat = " high=%d"
)

func (n note) String() string {
	s := fmt.Sprintf(noteFormat, n.partitions, n.since, n.reads, hex.EncodeToString(n.topic[:]))
	if n.high > 0 {
		s += fmt.Sprintf(highFormat, n.high)
	}
	return s
}

// readNote reads the metadata of a commit, as far as it goes: older ones have less. It
// returns false if that is no note.
func readNote(metadata string) (n note, ok bool) {
	var topic string
	fields, _ := fmt.Sscanf(strings.TrimSpace(metadata), noteFormat+highFormat, &n.partitions, &n.since, &n.reads, &topic, &n.high)
	if id, err := hex.DecodeString(topic); err == nil {
		copy(n.topic[:], id)
	}
	return n, fields > 0
}

// ofAnother reports whether an offset was committed for another topic than the one that
// has the name now: a commit names no ID, so it may even come after the new topic.
func ofAnother(id cluster.TopicID, o group.Offset) bool {
	n, ok := readNote(o.Metadata)
	unknown := cluster.TopicID{}
	return ok && n.topic != unknown && id != unknown && n.topic != id
}

// settling is how long the members of a new group may take to commit where they
// start. The clocks of members may differ as much.
const settling = time.Minute

// history is what is known of the group's past. It is written with every note.
type history struct {
	since int64
	reads uint32
}

func newHistory(cfg Config) history {
	return history{since: cfg.started.Unix(), reads: crc32.ChecksumIEEE([]byte(cfg.Reads))}
}

// passedOver reports whether topics without commits must be read from their first record
// even under "latest". They must if the group has read the same selection for longer
// than settling: they were created since, perhaps while no member was running, and
// "latest" would pass over what is in them. If somebody has changed the selection, they
// are new to the group only now, and "latest" is meant.
func (c *Consumer) passedOver(ctx context.Context) (bool, error) {
	all, err := c.member.Committed(ctx, nil)
	if err != nil {
		return false, err
	}
	for _, parts := range all {
		for _, o := range parts {
			if n, ok := readNote(o.Metadata); ok {
				c.known.remember(n)
			}
		}
	}
	return c.known.age(c.cfg.started) > settling, nil
}

// age is for how long, at a time, the group had read the current selection.
func (k *knownTopics) age(at time.Time) time.Duration {
	k.mu.Lock()
	defer k.mu.Unlock()
	return at.Sub(time.Unix(k.since, 0))
}
