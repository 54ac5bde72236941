package consumer

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/wire"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

// latest prepares a consumer that reads from the end, as when a source is opened.
func (w *world) latest(change func(*Config)) (*cluster.Client, Config) {
	w.t.Helper()
	client := cluster.New(w.fake.ListenAddrs(), wire.Config{DialTimeout: 5 * time.Second, RequestTimeout: 5 * time.Second})
	cfg := w.config(func(c *Config) {
		c.FromBeginning = false
		if change != nil {
			change(c)
		}
	})
	topics, err := client.Refresh(w.ctx, cfg.Group.Topics)
	w.NoErr(err)
	cfg.FindEnds(w.ctx, client, topics)
	return client, cfg
}

// What is written between the opening of a source and its assignment is read, whether
// the ends could be committed or not.
func TestConsumerReadsWhatWasWrittenSinceItsEndsWereFound(t *testing.T) {
	for name, refused := range map[string]int16{
		"committed": 0, "there is a member already": kerr.UnknownMemberID.Code, "the login may not commit": kerr.TopicAuthorizationFailed.Code,
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.produce(9)
			refuse := embedded.Refuse(w.fake, kmsg.OffsetCommit, func(kmsg.Request) string { return "" })
			if refused != 0 {
				refuse.Next("", refused, 1)
			}
			client, cfg := w.latest(nil)
			w.Equal(refuse.Left(""), 0)
			w.produce(6)
			c := Open(client, cfg)
			defer c.Close(w.ctx)
			got := w.next(c, 6)
			slices.Sort(got)
			w.Equal(got, []int{9, 10, 11, 12, 13, 14})
		})
	}
}

// The first source dies before it is a member. Another one gets its partitions.
func TestConsumerStartsWhereTheFirstOfItsGroupWasOpened(t *testing.T) {
	w := newWorld(t)
	w.produce(9)
	first, _ := w.latest(nil)
	first.Close()
	w.committed(map[int32]int64{0: 3, 1: 3, 2: 3})
	w.produce(6)
	client, cfg := w.latest(nil)
	c := Open(client, cfg)
	defer c.Close(w.ctx)
	got := w.next(c, 6)
	slices.Sort(got)
	w.Equal(got, []int{9, 10, 11, 12, 13, 14})
}

// Two sources open at the same time. What one commits stays if the other one finds its
// ends later; so it looks whether there is anything after it has found them.
func TestFindEndsLooksForCommitsAfterItKnowsTheEnds(t *testing.T) {
	w := newWorld(t)
	var mu sync.Mutex
	var order []kmsg.Key
	for _, key := range []kmsg.Key{kmsg.ListOffsets, kmsg.OffsetFetch, kmsg.OffsetCommit} {
		embedded.Answer(w.fake, key, func(kmsg.Request) kmsg.Response {
			mu.Lock()
			order = append(order, key)
			mu.Unlock()
			return nil
		})
	}
	client, _ := w.latest(nil)
	client.Close()
	mu.Lock()
	defer mu.Unlock()
	order = slices.Compact(order)
	w.True(len(order) >= 3)
	w.Equal(order[len(order)-2:], []kmsg.Key{kmsg.OffsetFetch, kmsg.OffsetCommit})
	w.True(slices.Index(order, kmsg.ListOffsets) < len(order)-2)
}

// Which partitions of a group that has begun start at their ends is not known before the
// notes of its commits are.
func TestFindEndsCommitsNothingForAGroupThatHasCommits(t *testing.T) {
	w := newWorld(t)
	w.produce(9)
	w.commit(2, note{partitions: partitions, topic: w.topicID()}.String())
	client, cfg := w.latest(nil)
	w.committed(map[int32]int64{1: 2})
	w.produce(3)
	c := Open(client, cfg)
	defer c.Close(w.ctx)
	got := w.next(c, 4)
	slices.Sort(got)
	w.Equal(got, []int{7, 9, 10, 11})
}

// With a position the group has read before, whatever it has forgotten since.
func TestFindEndsCommitsNothingForAGroupThatMayHaveForgotten(t *testing.T) {
	w := newWorld(t)
	w.produce(9)
	commits := embedded.Count(w.fake, int16(kmsg.OffsetCommit))
	client, _ := w.latest(func(c *Config) { c.Resume = w.position(1, 0) })
	client.Close()
	w.Equal(commits.Load(), int64(0))
}

func TestFindEndsAsksEachLeaderOnce(t *testing.T) {
	const parts = 1000
	w := newWorld(t, kfake.NumBrokers(3), kfake.SeedTopics(parts, "many"))
	asked, commits := embedded.Count(w.fake, int16(kmsg.ListOffsets)), embedded.Count(w.fake, int16(kmsg.OffsetCommit))
	client, cfg := w.latest(func(c *Config) { c.Group.Topics, c.Info = []string{"many"}, func(string) {} })
	client.Close()
	w.Equal(len(cfg.ends), parts)
	w.Equal(asked.Load(), int64(3))
	w.Equal(commits.Load(), int64(1))
}

// The ends of the other leaders are found and committed; where all is committed, nobody
// waits for the frozen one.
func TestFindEndsWaitsForAFrozenLeaderInVain(t *testing.T) {
	t.Parallel()
	const parts = 4
	w, d := half(t, parts)
	var said warnings
	cfg := w.config(func(c *Config) {
		c.Group.Topics, c.Group.Warn, c.FromBeginning = []string{"many"}, said.warn, false
	})
	client := cluster.New(w.fake.ListenAddrs(), wire.Config{Dial: d.dial, DialTimeout: forever, RequestTimeout: forever})
	defer client.Close()
	topics, err := client.Refresh(w.ctx, cfg.Group.Topics)
	w.NoErr(err)
	soon, cancel := context.WithTimeout(w.ctx, time.Second)
	defer cancel()
	cfg.FindEnds(soon, client, topics)
	w.Equal(len(cfg.ends), parts/2)
	w.Equal(said.about("find where the logs end: 2 partitions"), 1)

	for id := range int32(parts) {
		w.NoErr(w.truth.Commit(w.ctx, "g", "many", map[int32]int64{id: 0}))
	}
	cfg.FindEnds(w.ctx, client, topics)
	w.Equal(said.about("find where the logs end"), 1)
}
