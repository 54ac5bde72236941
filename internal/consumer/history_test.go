package consumer

import (
	"testing"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
)

func TestNotesComeBackFromMetadata(t *testing.T) {
	is := is.New(t)
	for _, want := range []note{{}, {3, 1_700_000_000, 0xdeadbeef, cluster.TopicID{1, 255}, "kafka-1", 1 << 40}, {1, 0, 1, cluster.TopicID{}, "", 0}} {
		n, ok := readNote(want.String())
		is.True(ok)
		is.Equal(n, want)
	}
	for text, want := range map[string]note{
		"conduit partitions=7":                         {partitions: 7}, // older ones
		"conduit partitions=7 since=9 reads=ff high=4": {partitions: 7, since: 9, reads: 255, high: 4},
		"conduit partitions=7 since=9 new=1":           {partitions: 7, since: 9}, // and a newer one
	} {
		n, ok := readNote(text)
		is.True(ok)
		is.Equal(n, want)
	}
	for _, other := range []string{"", "conduit", "written by something else", "conduit partitions=many"} {
		_, ok := readNote(other)
		is.True(!ok)
	}
}

// FuzzNote reads what anybody may have committed as metadata.
func FuzzNote(f *testing.F) {
	f.Add(note{partitions: 3, since: 1_700_000_000, reads: 7, topic: [16]byte{1}, high: 12}.String())
	f.Add("x -1 9999999999999999999999 ff")
	f.Fuzz(func(t *testing.T, metadata string) {
		n, ok := readNote(metadata)
		if !ok {
			return
		}
		if again, ok := readNote(n.String()); !ok || again.partitions != n.partitions || again.topic != n.topic {
			t.Errorf("%q is read as %+v, and that as %+v", metadata, n, again)
		}
	})
}
