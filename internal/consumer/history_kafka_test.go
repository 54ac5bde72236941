package consumer

import (
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/conduitio/conduit-connector-kafka/test/broker"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

// A group that starts with "latest" reads topics by a pattern. While none of its
// members runs, one topic is made, another is deleted and made again, and both are
// written to.
func TestWhatAGroupReadsOfTopicsThatWereMadeWhileNobodyRead(t *testing.T) {
	for name, test := range map[string]struct {
		age   time.Duration // of the group
		reads string        // what it reads then, "pattern" before
		all   bool          // it reads them from their first records
	}{
		"the group has long been reading": {time.Hour, "pattern", true},
		"the group is as new":             {0, "pattern", false},
		"it was told to read them now":    {time.Hour, "another pattern", false},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			w := newPatternWorld(t)
			w.create("a")
			w.create("stays")
			w.write("a", "passed over: the group starts after it")
			c := w.open(test.age, "pattern")
			settled(w.ctx, t, c, 2)
			w.write("a", "first")
			is.Equal(w.next(c, 1), []string{"first"})
			is.NoErr(c.Close(w.ctx))

			is.NoErr(w.truth.DeleteTopic(w.ctx, w.prefix+"a"))
			w.create("a")
			w.write("a", "made again")
			w.create("b")
			w.write("b", "new")
			c = w.open(0, test.reads)
			if test.all {
				got := strings.Join(w.next(c, 2), ", ")
				is.True(got == "made again, new" || got == "new, made again")
			}
			settled(w.ctx, t, c, 3)
			w.write("b", "from now on")
			is.Equal(w.next(c, 1), []string{"from now on"})
			is.NoErr(c.Close(w.ctx))

			w.create("c") // what is known of the group outlives each restart
			w.write("c", "newest")
			c = w.open(0, test.reads)
			settled(w.ctx, t, c, 4)
			if test.all {
				is.Equal(w.next(c, 1), []string{"newest"})
			}
			is.NoErr(c.Close(w.ctx))
		})
	}
}

// patternWorld is a group that reads the topics with a prefix.
type patternWorld struct {
	*world
	kafka         *broker.Cluster
	prefix, group string
}

func newPatternWorld(t *testing.T) *patternWorld {
	ctx, kafka, truth := realKafka(t)
	name := broker.Name(t)
	return &patternWorld{&world{I: is.New(t), t: t, ctx: ctx, truth: truth}, kafka, strings.ToLower(name) + ".", name}
}

func (w *patternWorld) open(age time.Duration, reads string) *Consumer {
	return openWith(w.t, w.kafka.Servers(), "", w.group, func(c *Config) {
		c.FromBeginning, c.Group.Topics, c.Reads = false, nil, reads
		c.Group.Match = func(topic string) bool { return strings.HasPrefix(topic, w.prefix) }
		c.started = time.Now().Add(-age)
	})
}

func (w *patternWorld) create(topic string) {
	w.t.Helper()
	w.NoErr(w.truth.CreateTopic(w.ctx, w.prefix+topic, 1, nil))
}

// write uses a client that knows no topic of that name which was deleted.
func (w *patternWorld) write(topic, value string) {
	w.t.Helper()
	fresh, err := kclient.New(w.kafka.Servers())
	w.NoErr(err)
	defer fresh.Close()
	w.NoErr(fresh.Produce(w.ctx, &kgo.Record{Topic: w.prefix + topic, Value: []byte(value)}))
}

func (w *patternWorld) next(c *Consumer, n int) []string {
	w.t.Helper()
	var out []string
	for len(out) < n {
		batches, err := c.Next(w.ctx, n-len(out))
		w.NoErr(err)
		for _, b := range batches {
			for _, r := range b.Records {
				c.Ack(recordOf(b, r.Offset))
				out = append(out, string(r.Value))
			}
		}
	}
	return out
}
