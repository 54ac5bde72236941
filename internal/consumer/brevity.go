package consumer

import (
	"errors"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
)

// brevity is how much is left out of the notes of commits. A coordinator refuses what is
// longer than its offset.metadata.max.bytes, which is 4,096 unless somebody has changed it,
// and does not say how long a note may be. What a note does not say is looked for
// elsewhere, or the settings decide.
type brevity int8

const (
	whole    brevity = iota // about 130 bytes
	shorter                 // without the IDs of topic and cluster, as older notes were
	shortest                // says only that no operator's tool has committed
	silent                  // no note
)

// brevityWarnings say what is lost.
var brevityWarnings = map[brevity]string{
	shorter:  "the notes of commits leave out the IDs of topic and cluster from now on: offsets of another topic that had the same name, or of another cluster, are not recognized by them",
	shortest: "the notes of commits leave out since when the group has read from now on: topics and partitions that are added while no source runs begin as readFromBeginning and startAt say",
	silent:   "commits carry no note from now on: topics and partitions that are added while no source runs begin as readFromBeginning and startAt say, and records whose commit is lost with a killed process are read again",
}

// shorten leaves out more, and reports whether there was something.
func (b *brevity) shorten() bool {
	if *b == silent {
		return false
	}
	*b++
	return true
}

// refused leaves out more if an error says that notes are too long, and returns what is lost,
// "" for nothing.
func (b *brevity) refused(err error) (lost string) {
	if errors.Is(err, kafkago.OffsetMetadataTooLarge) && b.shorten() {
		lost = brevityWarnings[*b]
	}
	return lost
}

// text is a note as metadata. Where it can't say that the group has gone back, it says
// nothing at all: the commit looks like the one of the operator who put the group back, and
// what he wants to be read again is not passed over for the sake of a position.
func (b brevity) text(n note) string {
	switch {
	case b == shorter:
		n.topic, n.cluster = cluster.TopicID{}, ""
	case b == shortest && n.high == 0:
		return noteName
	case b != whole:
		return ""
	}
	return n.String()
}

// commitFitting commits with notes that the coordinator takes: those of the next attempt are
// shorter if refused, which is brevity.refused of them, says so.
func (c *Config) commitFitting(refused func(error) (lost string), commit func() error) error {
	var lost string
	var because error
	for {
		err := commit()
		if more := refused(err); more != "" {
			lost, because = more, err
			continue
		}
		if because != nil {
			c.Group.Warn(lost, because)
		}
		return err
	}
}

// refused is brevity.refused of all notes to come.
func (k *groupTopics) refused(err error) (lost string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.brevity.refused(err)
}
