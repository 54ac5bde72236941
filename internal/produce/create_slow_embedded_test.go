package produce

import (
	"errors"
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

// slowly has the controller answer with a code, and create the topics once show is
// closed. It returns how long each request allowed it to take.
func (w *world) slowly(code *kerr.Error, show <-chan struct{}) func() []time.Duration {
	var mu sync.Mutex
	var allowed []time.Duration
	var once sync.Once
	embedded.Answer(w.fake, kmsg.CreateTopics, func(req kmsg.Request) kmsg.Response {
		create := req.(*kmsg.CreateTopicsRequest)
		mu.Lock()
		defer mu.Unlock()
		allowed = append(allowed, time.Duration(create.TimeoutMillis)*time.Millisecond)
		once.Do(func() {
			go func() {
				<-show
				for _, t := range create.Topics {
					_ = w.truth.CreateTopic(w.ctx, t.Topic, 1, nil)
				}
			}()
		})
		select {
		case <-show:
			return nil
		default:
			return refuseTopics(create, code)
		}
	})
	return func() []time.Duration {
		mu.Lock()
		defer mu.Unlock()
		return allowed
	}
}

// A controller that says so has created a topic, with ZooKeeper, or has not come to it,
// with KRaft. Brokers that are busy making logs show it late in either case.
func TestSendWaitsForTopicsThatShowLate(t *testing.T) {
	t.Parallel()
	for _, code := range []*kerr.Error{kerr.RequestTimedOut, kerr.TopicAlreadyExists} {
		t.Run(code.Message, func(t *testing.T) {
			w := newWorld(t, func(c *Config) {
				c.NewTopics, c.OutageTimeout = NewTopics{Create: true, Partitions: 1}, time.Minute
			})
			w.p.patience = 50 * time.Millisecond
			show := make(chan struct{})
			asked, looked := w.slowly(code, show), w.count(kmsg.Metadata)
			sent := make(chan error, 1)
			go func() {
				_, err := w.p.Send(w.ctx, toFresh())
				sent <- err
			}()
			w.until(func() bool { return len(asked()) >= 3 })
			w.True(looked.Load() > 3) // it is looked up more often than it is asked for
			close(show)
			w.NoErr(<-sent)
		})
	}
}

// A controller with too little time may not come to it the next time either.
func TestSendGivesAControllerMoreTimeThatHadTooLittle(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *Config) {
		c.NewTopics, c.OutageTimeout, c.RequestTimeout = NewTopics{Create: true, Partitions: 1}, time.Minute, 30*time.Second
	})
	show := make(chan struct{})
	asked := w.slowly(kerr.RequestTimedOut, show)
	sent := make(chan error, 1)
	go func() {
		_, err := w.p.Send(w.ctx, toFresh())
		sent <- err
	}()
	w.until(func() bool { return len(asked()) >= 4 })
	close(show)
	w.NoErr(<-sent)
	w.Equal(asked()[:4], []time.Duration{3 * time.Second, 6 * time.Second, 12 * time.Second, 22500 * time.Millisecond})
}

// It is waited for as long only once in a while: records for it hold up others.
func TestSendSaysThatATopicWasNotCreatedInTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *Config) {
		c.NewTopics, c.OutageTimeout = NewTopics{Create: true, Partitions: 1}, time.Second
	})
	w.p.patience = 50 * time.Millisecond
	w.refuse(kerr.RequestTimedOut, 1<<30)
	looked := w.count(kmsg.Metadata)
	var looks []int64
	for range 2 {
		before := looked.Load()
		_, err := w.p.Send(w.ctx, toFresh())
		w.True(errors.Is(err, kafkago.RequestTimedOut))
		w.True(strings.Contains(err.Error(), "the controller did not create it in time, or no broker knows it"))
		looks = append(looks, looked.Load()-before)
	}
	w.True(looks[1] < looks[0])
}

// How many partitions topics get is not known where brokers decide.
func TestSendCreatesFewerTopicsAtOnceWhereTheyAreTooMany(t *testing.T) {
	for _, words := range []string{"Excessively large number of partitions per request.", "Unable to perform excessively large batch operation."} {
		_, messages := tables(250)
		w := newWorld(t, func(c *Config) { c.NewTopics = NewTopics{Create: true} })
		var asked []int // one by one
		embedded.Answer(w.fake, kmsg.CreateTopics, func(req kmsg.Request) kmsg.Response {
			create := req.(*kmsg.CreateTopicsRequest)
			if asked = append(asked, len(create.Topics)); len(create.Topics) <= 100 {
				return nil
			}
			res := refuseTopics(create, kerr.PolicyViolation)
			for i := range res.Topics {
				res.Topics[i].ErrorMessage = &words
			}
			return res
		})
		n, err := w.p.Send(w.ctx, messages)
		w.NoErr(err)
		w.Equal(n, len(messages))
		w.Equal(asked, []int{250, 125, 62, 63, 125, 62, 63})
	}
}

// Brokers that create what is looked up would create each topic once more.
func TestSendLooksTopicsUpWithoutCreatingThem(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.NewTopics = NewTopics{Create: true} })
	var creates atomic.Int64
	embedded.Answer(w.fake, kmsg.Metadata, func(req kmsg.Request) kmsg.Response {
		if req.(*kmsg.MetadataRequest).AllowAutoTopicCreation {
			creates.Add(1)
		}
		return nil
	})
	_, err := w.p.Send(w.ctx, toFresh())
	w.NoErr(err)
	w.Equal(creates.Load(), int64(0))
}
