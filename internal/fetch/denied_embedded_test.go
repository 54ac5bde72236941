package fetch

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/matryer/is"
	kafkago "github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

// denying is a broker that may refuse to have "hidden" read. A topic has one record, its
// name.
func denying(t *testing.T) (*kfake.Cluster, *atomic.Bool) {
	fake := embedded.Start(t, kfake.NumBrokers(1), kfake.SeedTopics(1, "seen", "hidden"))
	var on atomic.Bool
	on.Store(true)
	embedded.Answer(fake, kmsg.Fetch, func(r kmsg.Request) kmsg.Response {
		req := r.(*kmsg.FetchRequest)
		res := embedded.Refusal(r, 0).(*kmsg.FetchResponse)
		for i := range res.Topics {
			p := &res.Topics[i].Partitions[0]
			switch name := res.Topics[i].Topic; {
			case name == "hidden" && on.Load():
				p.ErrorCode = kerr.TopicAuthorizationFailed.Code
			case req.Topics[i].Partitions[0].FetchOffset == 0:
				p.RecordBatches = batch(0, 0, name)
			}
		}
		return res
	})
	return fake, &on
}

func TestATopicThatMayNotBeReadHoldsUpItselfAlone(t *testing.T) {
	is := is.New(t)
	fake, denied := denying(t)
	f, stop := start(fake, "hidden")
	defer stop()
	f.Add([]Start{{Topic: "seen"}})
	got, err := values(t, f, 1)
	is.NoErr(err)
	is.Equal(got, []string{"0:seen"})
	// for longer than it takes to give up where nothing may be read
	for end := time.Now().Add(time.Minute); tried(f, "hidden") <= maxMisses; time.Sleep(20 * time.Millisecond) {
		is.True(time.Now().Before(end))
	}
	denied.Store(false)
	got, err = values(t, f, 1)
	is.NoErr(err)
	is.Equal(got, []string{"0:hidden"})
	is.Equal(f.denied, 0)
}

// tried is how often a topic was fetched in vain.
func tried(f *Fetcher, topic string) int {
	p := f.of(topic, 0)
	f.mu.Lock()
	defer f.mu.Unlock()
	return p.misses
}

func TestReadingEndsWhereNothingMayBeRead(t *testing.T) {
	is := is.New(t)
	fake, _ := denying(t)
	f, stop := start(fake, "hidden")
	defer stop()
	_, err := values(t, f, 1)
	is.True(errors.Is(err, kafkago.TopicAuthorizationFailed))
	is.True(strings.Contains(err.Error(), "hidden/0"))
}
