package fetch

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/matryer/is"
	kafkago "github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

// A broker that answers without a word of the partition is asked again, in peace.
func TestDoesNotSpinOnAnAnswerThatDoesNotMentionAPartition(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	fake := embedded.Start(t, kfake.NumBrokers(1), kfake.SeedTopics(1, topic))
	const silent = 4
	n := embedded.Count(fake, int16(kmsg.Fetch))
	embedded.Answer(fake, kmsg.Fetch, func(req kmsg.Request) kmsg.Response {
		res := embedded.Refusal(req, 0).(*kmsg.FetchResponse)
		if n.Load() <= silent {
			res.Topics = nil
		} else if req.(*kmsg.FetchRequest).Topics[0].Partitions[0].FetchOffset == 0 {
			res.Topics[0].Partitions[0].RecordBatches = batch(0, 0, "a")
		}
		return res
	})
	looks := embedded.Count(fake, int16(kmsg.Metadata))
	f, stop := start(fake, topic)
	defer stop()
	got, err := values(t, f, 1)
	is.NoErr(err)
	is.Equal(got, []string{"0:a"})
	is.True(looks.Load() > 1) // the leader was looked for in between
}

func TestNamesTheTopicWhoseLeaderMayNotBeSeen(t *testing.T) {
	is := is.New(t)
	fake := embedded.Start(t, kfake.NumBrokers(1), kfake.SeedTopics(1, topic))
	embedded.Answer(fake, kmsg.Metadata, func(req kmsg.Request) kmsg.Response {
		return embedded.Refusal(req, kerr.TopicAuthorizationFailed.Code)
	})
	f, stop := start(fake, topic)
	defer stop()
	_, err := values(t, f, 1)
	is.True(errors.Is(err, kafkago.TopicAuthorizationFailed))
	is.True(strings.Contains(err.Error(), "t/0"))
}

func TestIsQuietForAsLongAsTheBrokerAsksFor(t *testing.T) {
	is := is.New(t)
	fake := embedded.Start(t, kfake.NumBrokers(1), kfake.SeedTopics(1, topic))
	const pause = 150 * time.Millisecond
	var mu sync.Mutex
	var asked []time.Time
	embedded.Answer(fake, kmsg.Fetch, func(req kmsg.Request) kmsg.Response {
		mu.Lock()
		defer mu.Unlock()
		asked = append(asked, time.Now())
		res := embedded.Refusal(req, 0).(*kmsg.FetchResponse)
		switch len(asked) {
		case 1:
			res.ThrottleMillis = int32(pause.Milliseconds())
		case 2:
			res.Topics[0].Partitions[0].RecordBatches = batch(0, 0, "a")
		}
		return res
	})
	f, stop := start(fake, topic)
	defer stop()
	_, err := values(t, f, 1)
	is.NoErr(err)
	mu.Lock()
	defer mu.Unlock()
	is.True(asked[1].Sub(asked[0]) >= pause)
}

// However long that is: until then the broker does not read requests.
func TestFetcherWaitsAsLongAsAQuotaAsksFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		is := is.New(t)
		f := newFetcher(nil, Config{})
		begun := time.Now()
		f.sleep(3 * time.Hour)
		is.Equal(time.Since(begun), 3*time.Hour)
		time.AfterFunc(time.Second, f.cancel) // and no longer than it is read from
		f.sleep(3 * time.Hour)
		is.Equal(time.Since(begun), 3*time.Hour+time.Second)
	})
}
