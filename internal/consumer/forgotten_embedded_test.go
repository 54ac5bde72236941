package consumer

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

// forget are the ways in which a group without members loses its offsets.
var forget = map[string]func(*world, ...int32){
	"expired": func(w *world, ids ...int32) {
		w.t.Helper()
		t := kmsg.NewOffsetDeleteRequestTopic()
		t.Topic = topic
		for _, id := range ids {
			p := kmsg.NewOffsetDeleteRequestTopicPartition()
			p.Partition = id
			t.Partitions = append(t.Partitions, p)
		}
		req := kmsg.NewPtrOffsetDeleteRequest()
		req.Group, req.Topics = "g", append(req.Topics, t)
		res, err := req.RequestWith(w.ctx, w.truth.Raw())
		w.NoErr(err)
		w.NoErr(kerr.ErrorForCode(res.ErrorCode))
	},
	"deleted": func(w *world, _ ...int32) {
		w.t.Helper()
		req := kmsg.NewPtrDeleteGroupsRequest()
		req.Groups = []string{"g"}
		res, err := req.RequestWith(w.ctx, w.truth.Raw())
		w.NoErr(err)
		w.NoErr(kerr.ErrorForCode(res.Groups[0].ErrorCode))
	},
}

// warnings collects what a consumer warns of.
type warnings struct {
	mu   sync.Mutex
	text []string
}

func (s *warnings) warn(msg string, err error) {
	s.mu.Lock()
	s.text = append(s.text, msg+": "+err.Error())
	s.mu.Unlock()
}

func (s *warnings) about(words string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, t := range s.text {
		if strings.Contains(t, words) {
			n++
		}
	}
	return n
}

// A pipeline stands still until the group's offsets expire, or somebody
// deletes the group. Its settings say "latest". Partition 1 goes on after the position,
// the others as autoOffsetReset says.
func TestConsumerGoesOnAfterThePositionThoughTheGroupHasForgottenIt(t *testing.T) {
	for how, forget := range forget {
		for name, test := range map[string]struct {
			reset   ResetPolicy
			oldForm bool
			want    []int // of those that were there, with 18, 21, … written meanwhile
		}{
			"earliest":           {ResetEarliest, false, []int{0, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18, 19, 20}},
			"earliest, old form": {ResetEarliest, true, []int{0, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18, 19, 20}},
			"latest":             {ResetLatest, false, []int{19}},
		} {
			t.Run(how+"/"+name, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				latest := func(c *Config) { c.FromBeginning, c.Reset = false, test.reset }
				c := w.open(latest)
				w.committed(map[int32]int64{0: 0, 1: 0, 2: 0})
				w.produce(18)
				ack(c, w.next(c, 18)...)
				w.NoErr(c.Close(w.ctx))
				forget(w, 0, 1, 2)
				w.produce(3)

				r := w.position(1, 5)
				if test.oldForm {
					r.TopicID = [16]byte{}
				}
				var said warnings
				c = w.resume(r, func(c *Config) {
					latest(c)
					c.Group.Warn = said.warn
				})
				w.Equal(w.quiet(c), test.want)
				w.Equal(said.about("has no committed offset for t/1 any more: going on after offset 5"), 1)
				w.Equal(said.about("has no committed offset for t/"), 3)
				w.NoErr(c.Close(w.ctx))
			})
		}
	}
}

func TestConsumerEndsWhereTheGroupHasForgottenAndResetIsAnError(t *testing.T) {
	w := newWorld(t)
	w.produce(18)
	c := w.resume(w.position(1, 5), func(c *Config) { c.FromBeginning, c.Reset = false, ResetError })
	defer c.Close(w.ctx)
	for {
		_, err := c.Next(w.ctx, 100)
		if err == nil {
			continue // partition 1, which can be read
		}
		w.True(errors.Is(err, kafkago.OffsetOutOfRange))
		w.True(strings.Contains(err.Error(), "autoOffsetReset is error"))
		return
	}
}

// Where the settings name a place to start, it is one for what is forgotten as well.
func TestConsumerStartsWhereTheSettingsSayThoughTheGroupHasForgotten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.produce(18)
	at := time.Now().Add(time.Hour)
	for name, test := range map[string]struct {
		change func(*Config)
		want   []int
	}{
		"time":      {func(c *Config) { c.StartAt.Time = at }, []int{}},
		"offsets":   {func(c *Config) { c.StartAt.Offsets = map[string]map[int32]int64{topic: {0: 4, 2: 5}} }, []int{12, 15, 17}},
		"beginning": {func(c *Config) { c.FromBeginning = true }, []int{0, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17}},
	} {
		t.Run(name, func(t *testing.T) {
			c := w.resume(w.position(1, 5), func(c *Config) {
				c.FromBeginning, c.Group.GroupID = false, "g-"+name
				test.change(c)
			})
			w.Equal(append([]int{}, w.quiet(c)...), test.want)
			w.NoErr(c.Close(w.ctx))
		})
	}
}

// A group that has been reading for a while had an offset for each partition that was
// there in the beginning, also where no position says so.
func TestConsumerMissesAnOffsetInALongStandingGroup(t *testing.T) {
	t.Parallel()
	for age, want := range map[time.Duration][]int{time.Hour: {1, 4}, 0: {}} {
		w := newWorld(t)
		latest := func(c *Config) { c.FromBeginning, c.started = false, time.Now().Add(-age) }
		c := w.open(latest)
		w.committed(map[int32]int64{0: 0, 1: 0, 2: 0})
		w.produce(6)
		ack(c, w.next(c, 6)...)
		w.NoErr(c.Close(w.ctx))
		forget["expired"](w, 1)
		c = w.open(func(c *Config) { c.FromBeginning = false })
		w.Equal(append([]int{}, w.quiet(c)...), want)
		w.NoErr(c.Close(w.ctx))
	}
}

// A coordinator loses its log while the group reads: each member knows how far it was.
func TestConsumerGoesOnWhereItWasThoughTheGroupHasForgotten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	expel := w.expels()
	var forgotten atomic.Bool
	embedded.Answer(w.fake, kmsg.OffsetFetch, func(req kmsg.Request) kmsg.Response {
		if forgotten.Load() {
			return embedded.Refusal(req, 0) // nothing is committed
		}
		return nil
	})
	c := w.open(func(c *Config) { c.FromBeginning = false })
	w.committed(map[int32]int64{0: 0, 1: 0, 2: 0})
	w.produce(9)
	first := w.next(c, 6)
	ack(c, first...)
	forgotten.Store(true)
	expel()
	w.assignedAgain(c)
	again := w.quiet(c)
	w.Equal(len(again), 3) // nothing is read twice, and nothing is passed over
	got := append(first, again...)
	slices.Sort(got)
	w.Equal(slices.Compact(got), []int{0, 1, 2, 3, 4, 5, 6, 7, 8})
	w.NoErr(c.Close(w.ctx))
}
