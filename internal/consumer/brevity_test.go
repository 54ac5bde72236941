package consumer

import (
	"testing"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
)

func TestNotesGetShorter(t *testing.T) {
	is := is.New(t)
	n := note{3, 1_700_000_000, 0xdeadbeef, cluster.TopicID{1, 255}, "MkU3OEVBNTcwNTJENDM2Qg", 0}
	var b brevity
	is.Equal(b.text(n), n.String())
	is.True(b.shorten())
	short, ok := readNote(b.text(n))
	is.True(ok)
	is.Equal(short, note{partitions: 3, since: 1_700_000_000, reads: 0xdeadbeef})
	back := n
	back.high = 7
	short, ok = readNote(b.text(back))
	is.True(ok)
	is.Equal(short.high, int64(7))
	is.True(b.shorten())
	is.Equal(b.text(n), noteName)
	is.Equal(b.text(back), "") // or the position would count for more than an operator's reset
	is.True(b.shorten())
	is.Equal(b.text(n), "")
	is.True(!b.shorten())
}
