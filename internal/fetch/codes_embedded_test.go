package fetch

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/matryer/is"
	kafkago "github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/wire"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

func firstTopic(req kmsg.Request) string {
	if topics := req.(*kmsg.FetchRequest).Topics; len(topics) > 0 {
		return topics[0].Topic
	}
	return ""
}

// eachCode reads one record through each error code, which comes twice.
func eachCode(t *testing.T, refusal func(kmsg.Request, int16) kmsg.Response, check func(code int16, got []string, err error) error) {
	t.Helper()
	var opts []kfake.Opt
	for _, code := range embedded.Codes() {
		opts = append(opts, kfake.SeedTopics(1, fmt.Sprint("code", code)))
	}
	fake := embedded.Start(t, append(opts, kfake.NumBrokers(1))...)
	var mu sync.Mutex
	left := make(map[string]int)
	embedded.Answer(fake, kmsg.Fetch, func(req kmsg.Request) kmsg.Response {
		mu.Lock()
		defer mu.Unlock()
		topic := firstTopic(req)
		var code int16
		if fmt.Sscanf(topic, "code%d", &code); left[topic] < 2 {
			left[topic]++
			return refusal(req, code)
		}
		res := embedded.Refusal(req, 0).(*kmsg.FetchResponse)
		if p := &res.Topics[0].Partitions[0]; req.(*kmsg.FetchRequest).Topics[0].Partitions[0].FetchOffset == 0 {
			p.RecordBatches = batch(0, 0, "a")
		}
		return res
	})
	var wg sync.WaitGroup
	for _, code := range embedded.Codes() {
		wg.Go(func() {
			f, stop := start(fake, fmt.Sprint("code", code))
			got, err := values(t, f, 1)
			stop()
			if err := check(code, got, err); err != nil {
				t.Errorf("%v: %v", kerr.TypedErrorForCode(code), err)
			}
		})
	}
	wg.Wait()
}

// errReset is an error that stays.
var errReset = fmt.Errorf("reset: %w", kafkago.SecurityDisabled)

// start begins to read a topic.
func start(fake *kfake.Cluster, topic string) (f *Fetcher, stop func()) {
	client := cluster.New(fake.ListenAddrs(), wire.Config{DialTimeout: time.Minute, RequestTimeout: time.Minute})
	f = New(client, Config{
		MinBytes: 1, MaxWait: 50 * time.Millisecond, MaxBytes: 1 << 20, MaxPartitionBytes: 1 << 20, MaxBuffered: 1 << 20,
		MetadataInterval: time.Minute, Warn: func(string, error) {},
		Reset: resetBy(func(Lost) (int64, error) { return 0, errReset }),
	})
	f.Add([]Start{{Topic: topic}})
	return f, func() { f.Close(); client.Close() }
}

// As in Java's client, but for CORRUPT_MESSAGE, which ends that at once.
func TestReadsThroughEachErrorCodeOfAPartition(t *testing.T) {
	eachCode(t, embedded.Refusal, func(code int16, got []string, err error) error {
		switch {
		case code == kerr.OffsetOutOfRange.Code:
			if err == nil || !strings.HasSuffix(err.Error(), errReset.Error()) {
				return fmt.Errorf("did not ask for another offset: %w", err)
			}
			return nil
		case Retriable(kafkago.Error(code)), code == kerr.TopicAuthorizationFailed.Code: // which may be allowed
			if err != nil || fmt.Sprint(got) != "[0:a]" {
				return fmt.Errorf("read %v: %w", got, err)
			}
			return nil
		}
		if subject := fmt.Sprintf("code%d/0 at offset 0", code); !errors.Is(err, kafkago.Error(code)) || !strings.Contains(err.Error(), subject) {
			return fmt.Errorf("read %v: %w", got, err)
		}
		return nil
	})
}

// Java's client would try each of them again for ever.
func TestReadsThroughEachErrorCodeOfAnAnswer(t *testing.T) {
	whole := func(req kmsg.Request, code int16) kmsg.Response {
		res := req.ResponseKind().(*kmsg.FetchResponse)
		res.ErrorCode = code
		return res
	}
	eachCode(t, whole, func(code int16, got []string, err error) error {
		if Retriable(kafkago.Error(code)) {
			if err != nil || fmt.Sprint(got) != "[0:a]" {
				return fmt.Errorf("read %v: %w", got, err)
			}
			return nil
		}
		if !errors.Is(err, kafkago.Error(code)) || !strings.Contains(err.Error(), "fetch from 127.0.0.1:") {
			return fmt.Errorf("read %v: %w", got, err)
		}
		return nil
	})
}

func TestGivesUpOnAPartitionThatTheBrokerAlwaysFindsCorrupt(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	_, err := values(t, play(t, script{0: fails(kerr.CorruptMessage, 1<<30, nil)}, 0, nil), 1)
	is.True(errors.Is(err, kafkago.InvalidMessage))
	is.True(strings.Contains(err.Error(), "t/0 at offset 0"))
}

func TestFetchWarnsThatItMakesNoProgress(t *testing.T) {
	t.Parallel()
	warned := make(chan error, 100)
	f := play(t, script{0: fails(kerr.NotLeaderForPartition, maxMisses, answer(batch(0, 0, "a")))}, 0, func(c *Config) {
		c.Warn = func(_ string, err error) { warned <- err }
	})
	is := is.New(t)
	_, err := values(t, f, 1)
	is.NoErr(err)
	is.Equal(len(warned), 1)
	is.True(strings.Contains((<-warned).Error(), "t/0"))
}
