package consumer

import (
	"fmt"
	"slices"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

// takesNotes has the coordinator refuse commits with longer notes than n bytes, as
// offset.metadata.max.bytes does.
func (w *world) takesNotes(n int) {
	embedded.Answer(w.fake, kmsg.OffsetCommit, func(req kmsg.Request) kmsg.Response {
		for _, t := range req.(*kmsg.OffsetCommitRequest).Topics {
			for _, p := range t.Partitions {
				if p.Metadata != nil && len(*p.Metadata) > n {
					return embedded.Refusal(req, kerr.OffsetMetadataTooLarge.Code)
				}
			}
		}
		return nil
	})
}

// brevities are limits of notes, and how often a consumer warns that it leaves something out.
var brevities = map[int]int{4096: 0, 80: 1, 20: 1, 3: 1}

// eachBrevity runs a test in a world for each limit of notes.
func eachBrevity(t *testing.T, test func(w *world, limit, warns int)) {
	for limit, warns := range brevities {
		t.Run(fmt.Sprint(limit), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.takesNotes(limit)
			test(w, limit, warns)
		})
	}
}

// Offsets are committed, and found again, however little the coordinator takes with them.
func TestConsumerCommitsWithTheNoteThatTheCoordinatorTakes(t *testing.T) {
	eachBrevity(t, func(w *world, _, warns int) {
		for round := range 2 {
			w.produce(30)
			var said warnings
			c := w.open(func(c *Config) { c.Group.Warn = said.warn })
			got := w.next(c, 30)
			slices.Sort(got)
			w.Equal(got[0], round*30) // none is read again
			ack(c, got...)
			end := int64(round*10 + 10)
			w.committed(map[int32]int64{0: end, 1: end, 2: end})
			w.NoErr(c.Close(w.ctx))
			w.Equal(said.about(" from now on"), warns)
			w.Equal(said.about(""), warns)
		}
	})
}

// With a note, of whatever length, a position counts for more than a commit from before it.
// Without one the commit may be an operator's, and records are read again.
func TestConsumerGoesOnAfterThePositionWhereNotesAreShort(t *testing.T) {
	eachBrevity(t, func(w *world, limit, _ int) {
		w.produce(15)
		c := w.open(nil)
		w.committed(map[int32]int64{0: 0, 1: 0, 2: 0})
		w.NoErr(c.Close(w.ctx))

		c = w.resume(w.position(1, 2), nil)
		defer c.Close(w.ctx)
		want := []int{0, 2, 3, 5, 6, 8, 9, 10, 11, 12, 13, 14}
		if limit < len(noteName) {
			want = []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14}
		}
		w.comes(c, want)
	})
}

// What an operator wants to be read again is not cut off by a position, after a restart in
// the middle of it either.
func TestConsumerReadsAgainWhereNotesAreShort(t *testing.T) {
	eachBrevity(t, func(w *world, _, _ int) {
		w.putBack()
		saved := w.position(1, 9)
		c := w.resume(saved, nil)
		w.readsAgain(c)
		w.NoErr(c.Close(w.ctx))

		c = w.resume(saved, nil)
		rest := []int{10, 13, 16, 19, 22, 25, 28}
		w.comes(c, rest)
		ack(c, rest...)
		w.committed(map[int32]int64{0: 10, 1: 10, 2: 10})
		w.NoErr(c.Close(w.ctx))
	})
}

// The first source of a group commits where it starts before it is a member.
func TestFindEndsCommitsWithTheNoteThatTheCoordinatorTakes(t *testing.T) {
	eachBrevity(t, func(w *world, _, warns int) {
		w.produce(9)
		var said warnings
		client, cfg := w.latest(func(c *Config) { c.Group.Warn = said.warn })
		w.committed(map[int32]int64{0: 3, 1: 3, 2: 3})
		w.Equal(said.about(" from now on"), warns)
		w.produce(6)
		c := Open(client, cfg)
		defer c.Close(w.ctx)
		got := w.next(c, 6)
		ack(c, got...)
		slices.Sort(got)
		w.Equal(got, []int{9, 10, 11, 12, 13, 14})
		w.committed(map[int32]int64{0: 5, 1: 5, 2: 5})
		w.Equal(said.about(""), warns) // and no more
	})
}
