package consumer

import (
	"testing"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
)

func TestNotesComeBackFromMetadata(t *testing.T) {
	is := is.New(t)
	for _, want := range []note{{}, {3, 1_700_000_000, 0xdeadbeef, cluster.TopicID{1, 255}, 1 << 40}, {1, 0, 1, cluster.TopicID{}, 0}} {
		n, ok := readNote(want.String())
		is.True(ok)
		is.Equal(n, want)
	}
	n, ok := readNote("conduit partitions=7") // an older one
	is.True(ok)
	is.Equal(n, note{partitions: 7})
	for _, other := range []string{"", "conduit", "written by something else", "conduit partitions=many"} {
		_, ok := readNote(other)
		is.True(!ok)
	}
}
