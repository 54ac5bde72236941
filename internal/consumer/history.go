package consumer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"net/url"
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
	cluster    string // see clusterName; "" in older notes
	// high is the highest offset that the group has reached in this log, if the one
	// that is committed is lower: then somebody went back. 0: it is not.
	high int64
}

// noteName begins each note.
const noteName = "conduit"

func (n note) String() string {
	s := fmt.Sprintf("%s partitions=%d since=%d reads=%x", noteName, n.partitions, n.since, n.reads)
	if n.topic != (cluster.TopicID{}) {
		s += " topic=" + hex.EncodeToString(n.topic[:])
	}
	if n.high > 0 {
		s += fmt.Sprintf(" high=%d", n.high)
	}
	if n.cluster != "" {
		s += " cluster=" + url.PathEscape(clusterName(n.cluster))
	}
	return s
}

// clusterName is the ID of a cluster as notes have it. Kafka's IDs have 22 letters and
// digits, but other brokers may tell one of any length, and a coordinator refuses a note of
// more than 4,096 bytes (offset.metadata.max.bytes).
func clusterName(id string) string {
	if len(id) <= hex.EncodedLen(sha256.Size) {
		return id
	}
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:])
}

// readNote reads the metadata of a commit, as far as it goes: older ones have less. It
// returns false if that is no note.
func readNote(metadata string) (n note, ok bool) {
	fields := strings.Fields(metadata)
	if len(fields) < 2 || fields[0] != noteName {
		return n, false
	}
	for _, field := range fields[1:] {
		name, value, _ := strings.Cut(field, "=")
		var err error
		switch name {
		case "partitions":
			_, err = fmt.Sscan(value, &n.partitions)
		case "since":
			_, err = fmt.Sscan(value, &n.since)
		case "reads":
			_, err = fmt.Sscanf(value, "%x", &n.reads)
		case "topic":
			var id []byte
			id, err = hex.DecodeString(value)
			copy(n.topic[:], id)
		case "high":
			_, err = fmt.Sscan(value, &n.high)
		case "cluster":
			if n.cluster, err = url.PathUnescape(value); err != nil { // an older note
				n.cluster, err = value, nil
			}
		}
		if err != nil {
			return note{}, false
		}
	}
	return n, true
}

// ofAnother reports whether an offset was committed for another topic than the one that
// has the name now: a commit names no ID, so it may even come after the new topic.
func ofAnother(id cluster.TopicID, o group.Offset) bool {
	n, ok := readNote(o.Metadata)
	return ok && differ(n.topic, id)
}

// committed is what the group has committed for partitions, nil for all. An offset that
// was carried here from another cluster, with its note, is one that somebody has set on
// purpose: topics and leader epochs are others here. With a *group.DeniedError come the
// offsets of the topics that are not denied.
func (c *Consumer) committed(ctx context.Context, p group.Partitions) (group.Offsets, error) {
	all, err := c.member.Committed(ctx, p)
	here := clusterName(c.client.ID())
	for topic, ids := range all {
		for id, o := range ids {
			if n, _ := readNote(o.Metadata); n.cluster != "" && here != "" && n.cluster != here {
				all.Set(topic, id, group.Offset{At: o.At, LeaderEpoch: -1})
			}
		}
	}
	return all, err
}

// settleTime is how long the members of a new group may take to commit where they
// start. The clocks of members may differ as much.
const settleTime = time.Minute

// history is what is known of the group's past. It is written with every note.
type history struct {
	since int64
	reads uint32
}

func newHistory(cfg Config) history {
	return history{since: cfg.started.Unix(), reads: crc32.ChecksumIEEE([]byte(cfg.Reads))}
}

// newToGroup reports whether topics without commits must be read from their first record
// even under "latest". They must if the group has read the same selection for longer
// than settleTime: they were created since, perhaps while no member was running, and
// "latest" would pass over what is in them. If somebody has changed the selection, they
// are new to the group only now, and "latest" is meant.
func (c *Consumer) newToGroup(ctx context.Context) (bool, error) {
	all, err := c.committed(ctx, nil)
	if err = leaveOut(map[string]cluster.Topic{}, err); err != nil {
		return false, err
	}
	for _, parts := range all {
		for _, o := range parts {
			if n, ok := readNote(o.Metadata); ok {
				c.topics.readSince(n)
			}
		}
	}
	return c.topics.groupAge(c.cfg.started) > settleTime, nil
}

// groupAge is for how long, at a time, the group had read the current selection.
func (k *groupTopics) groupAge(at time.Time) time.Duration {
	k.mu.Lock()
	defer k.mu.Unlock()
	return at.Sub(time.Unix(k.since, 0))
}
