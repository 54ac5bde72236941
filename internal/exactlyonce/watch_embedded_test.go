package exactlyonce

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

// startWatching starts a process that looks at the progress topic all the time, and returns
// what it has warned of so far.
func (w *world) startWatching() (x *writer, warnings func() string) {
	w.t.Helper()
	x = w.create(w.id)
	var mu sync.Mutex
	var all []string
	x.cfg.Produce.Warn = func(msg string, err error) {
		mu.Lock()
		defer mu.Unlock()
		all = append(all, msg)
		if err != nil {
			all = append(all, err.Error())
		}
	}
	x.watchEvery = 10 * time.Millisecond
	w.NoErr(x.Open(w.ctx))
	return x, func() string {
		mu.Lock()
		defer mu.Unlock()
		return strings.Join(all, "\n")
	}
}

// Progress disappears while a process runs. What that has written is known after its end all
// the same, also of partitions to which nothing was written since.
func TestWriterWritesProgressAgainThatHasDisappeared(t *testing.T) {
	for name, disappear := range disappearances {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			x, warnings := w.startWatching()
			x.sends(from(1, 0, 0, 3), from(1, 1, 0, 3))
			x.ended = time.Time{} // begin nothing ahead: kfake would write its end into the new topic's log
			x.sends(from(1, 1, 3, 4))
			w.goesOnWithoutProgress(x, warnings, disappear)
		})
	}
}

var disappearances = map[string]func(*world, string){
	"with its topic":     func(w *world, topic string) { w.NoErr(w.truth.DeleteTopic(w.ctx, topic)) },
	"with older records": func(w *world, topic string) { w.deleteRecords(topic) },
	"with its topic, which is made again at once": func(w *world, topic string) {
		w.NoErr(w.truth.DeleteTopic(w.ctx, topic))
		w.await("the topic is still there", func() bool {
			return w.truth.CreateTopic(w.ctx, topic, 1, map[string]string{"cleanup.policy": "compact"}) == nil
		})
	},
}

// goesOnWithoutProgress has progress disappear of a process that has written records up to
// offsets 3 and 4 of two partitions.
func (w *world) goesOnWithoutProgress(x *writer, warnings func() string, disappear func(*world, string)) {
	w.t.Helper()
	disappear(w, x.cfg.Topic)
	w.await("it isn't noticed", x.lost.Load)
	x.sends(from(1, 1, 4, 6))
	w.True(strings.Contains(warnings(), "it was deleted, or records were deleted from it"))
	x.kill()
	w.start().sends(from(2, 0, 0, 4), from(2, 1, 0, 7))
	w.has(from(1, 0, 0, 4), from(1, 1, 0, 7))
}

// The connection breaks while the topic is looked at for the first time.
func TestWriterOpensThoughABrokerHangsUp(t *testing.T) {
	for _, key := range []kmsg.Key{kmsg.ListOffsets, kmsg.Metadata, kmsg.DescribeConfigs} {
		t.Run(key.Name(), func(t *testing.T) {
			w := newWorld(t)
			x := w.create(w.id)
			embedded.Disconnect(w.fake, key.Int16(), 2)
			w.NoErr(x.Open(w.ctx))
			x.sends(from(1, 0, 0, 3))
			w.has(from(1, 0, 0, 3))
		})
	}
}

func TestWriterWarnsOfAProgressTopicFromWhichBrokersBeginToDelete(t *testing.T) {
	w := newWorld(t)
	x, warnings := w.startWatching()
	x.sends(from(1, 0, 0, 3))
	w.NoErr(w.truth.SetConfig(w.ctx, x.cfg.Topic, "cleanup.policy", "delete"))
	w.await("nobody warns", func() bool { return strings.Contains(warnings(), "--add-config cleanup.policy=compact") })
	x.sends(from(1, 0, 3, 5))
	w.has(from(1, 0, 0, 5))
}

// deleteRecords deletes all records of a topic with one partition.
func (w *world) deleteRecords(topic string) {
	w.t.Helper()
	// The end of the last transaction comes a moment after Send has returned.
	w.await("no records can be deleted", func() bool {
		ends, err := w.truth.EndOffsets(w.ctx, topic)
		w.NoErr(err)
		return w.truth.DeleteRecords(w.ctx, topic, 0, ends[0]) == nil
	})
}
