package produce

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
)

// Partitioner is how the partition of a message is chosen that has none yet. The
// zero value is murmur2.
type Partitioner struct {
	hash        kafkago.Balancer // by the key, among all partitions; nil: the key doesn't matter
	emptyIsNone bool             // an empty key counts as none
	keyless     func() keyless   // where there is no key; nil: null is hashed, as if it were empty
}

// partitioners by the name of the setting, each with whose choice it is.
var partitioners = map[string]Partitioner{
	// Java's default.
	murmur2: {hash: kafkago.Murmur2Balancer{Consistent: true}, keyless: newSticky},
	// librdkafka's murmur2_random, kafka-go's Murmur2Balancer.
	"murmur2-random": {hash: kafkago.Murmur2Balancer{Consistent: true}, keyless: newRandom},
	// kafka-go's Hash and Sarama's hash partitioner.
	"fnv-1a": {hash: &kafkago.Hash{}, keyless: newRoundRobin},
	// kafka-go's ReferenceHash and Sarama's reference hash partitioner.
	"fnv-1a-reference": {hash: &kafkago.ReferenceHash{}, keyless: newRandom},
	// librdkafka's consistent and consistent_random (its default), which don't
	// tell a null key from an empty one; kafka-go's CRC32Balancer.
	"consistent":        {hash: kafkago.CRC32Balancer{Consistent: true}},
	"consistent-random": {hash: kafkago.CRC32Balancer{Consistent: true}, emptyIsNone: true, keyless: newRandom},
	// These look at no key.
	"round-robin": {keyless: newRoundRobin},
	"least-bytes": {keyless: newLeastBytes},
	"sticky":      {keyless: newSticky},
}

const murmur2 = "murmur2"

// Partitioners are their names.
func Partitioners() []string { return slices.Sorted(maps.Keys(partitioners)) }

// ParsePartitioner returns the partitioner of a name.
func ParsePartitioner(name string) (Partitioner, error) {
	p, ok := partitioners[name]
	if !ok {
		return p, fmt.Errorf("parse partitioner %q: want one of %s", name, strings.Join(Partitioners(), ", "))
	}
	return p, nil
}

// NoPartitionError says that a message names a partition that its topic doesn't
// have.
type NoPartitionError struct {
	Topic     string
	Partition int32
	Count     int // of the topic's partitions
}

func (e *NoPartitionError) Error() string {
	return fmt.Sprintf("choose partition %d of topic %q: it has partitions 0 to %d", e.Partition, e.Topic, e.Count-1)
}

// chooser chooses partitions as a Partitioner says.
type chooser struct {
	Partitioner
	without keyless
	ids     []int // 0, 1, 2 … as far as needed
}

func newChooser(p Partitioner) *chooser {
	if p.hash == nil && p.keyless == nil {
		p = partitioners[murmur2]
	}
	c := &chooser{Partitioner: p}
	if p.keyless != nil {
		c.without = p.keyless()
	}
	return c
}

// begin starts a new batch.
func (c *chooser) begin() {
	if c.without != nil {
		c.without.begin()
	}
}

func (c *chooser) partition(t cluster.Topic, m *message.Message) (int32, error) {
	n := len(t.Partitions)
	switch {
	case m.Partition >= 0:
		if int(m.Partition) >= n {
			return 0, &NoPartitionError{Topic: t.Name, Partition: m.Partition, Count: n}
		}
		return m.Partition, nil
	case c.hash == nil, c.without != nil && (m.Key == nil || c.emptyIsNone && len(m.Key) == 0):
		return c.without.choose(t, m), nil
	}
	for len(c.ids) < n {
		c.ids = append(c.ids, len(c.ids))
	}
	return int32(c.hash.Balance(kafkago.Message{Key: m.Key}, c.ids[:n]...)), nil
}
