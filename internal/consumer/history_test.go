package consumer

import (
	"strings"
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
		"conduit partitions=7 cluster=100%":            {partitions: 7, cluster: "100%"},
		"conduit partitions=7 since=9 reads=ff high=4": {partitions: 7, since: 9, reads: 255, high: 4},
		"conduit partitions=7 since=9 new=1":           {partitions: 7, since: 9}, // and a newer one
	} {
		n, ok := readNote(text)
		is.True(ok)
		is.Equal(n, want)
	}
	for _, id := range clusterIDs {
		n, ok := readNote(note{partitions: 3, cluster: id, high: 7}.String())
		is.True(ok)
		is.Equal(n, note{partitions: 3, cluster: clusterName(id), high: 7})
	}
	for _, other := range []string{"", "conduit", "written by something else", "conduit partitions=many"} {
		_, ok := readNote(other)
		is.True(!ok)
	}
}

// clusterIDs are some that brokers other than Kafka may tell.
var clusterIDs = []string{
	"MkU3OEVBNTcwNTJENDM2Qg", "my cluster", " cluster=other", "a\tb\u00a0c\nhigh=9", "50%", "%41", "\xff\x00", "\u00fc+/=",
	strings.Repeat("long ", 10_000),
}

func TestNotesStayShort(t *testing.T) {
	const limit = 4096 // offset.metadata.max.bytes
	for _, id := range append(clusterIDs, strings.Repeat("\xff", 64)) {
		if n := len(note{1 << 30, 1 << 40, 1 << 31, cluster.TopicID{}, id, 1 << 60}.String()); n > limit/8 {
			t.Errorf("%d bytes with a cluster ID of %d", n, len(id))
		}
	}
	long := clusterIDs[len(clusterIDs)-1]
	if clusterName(long) == clusterName(long+"x") {
		t.Error("two clusters have one name")
	}
}

// FuzzClusterOfANote writes whatever a broker may call its cluster.
func FuzzClusterOfANote(f *testing.F) {
	for _, id := range clusterIDs {
		f.Add(id)
	}
	f.Fuzz(func(t *testing.T, id string) {
		want := note{partitions: 3, since: 9, reads: 7, topic: [16]byte{1}, cluster: clusterName(id), high: 12}
		written := want
		written.cluster = id
		if got, ok := readNote(written.String()); !ok || got != want {
			t.Errorf("%q comes back as %+v", written, got)
		}
	})
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
		want := n
		want.high, want.cluster = max(n.high, 0), clusterName(n.cluster)
		if again, ok := readNote(n.String()); !ok || again != want {
			t.Errorf("%q is read as %+v, and that as %+v", metadata, n, again)
		}
	})
}
