package produce

import (
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

// denials are the answers by which brokers deny a login what writing takes.
var denials = map[string]struct {
	request kmsg.Key
	code    *kerr.Error
	topic   string // of the message
	says    string
}{
	"of a leader":                        {kmsg.Produce, kerr.TopicAuthorizationFailed, topic, "write to t/0: the login lacks Write on topic \"t\", or an ACL denies it: [29]"},
	"of a leader to number batches":      {kmsg.Produce, kerr.ClusterAuthorizationFailed, topic, "the login lacks IdempotentWrite on the cluster"},
	"of metadata when a leader moved":    {kmsg.Metadata, kerr.TopicAuthorizationFailed, topic, `find topic "t": the login lacks Write on topic "t", or an ACL denies it: [29]`},
	"of metadata of another topic":       {kmsg.Metadata, kerr.TopicAuthorizationFailed, "other", `find topic "other": the login lacks Write on topic "other", or an ACL denies it: [29]`},
	"of another producer ID":             {kmsg.InitProducerID, kerr.ClusterAuthorizationFailed, topic, "get a producer ID: the login may write to no topic: allow it Write on one, which is enough from Kafka 2.8 on, or set idempotent to false: the login lacks IdempotentWrite on the cluster"},
	"of the creation of a topic":         {kmsg.CreateTopics, kerr.TopicAuthorizationFailed, "other", `find topic "other": it does not exist; create it: create the topic yourself, or allow the login Create on the topic or on the cluster: the login lacks Create on topic "other"`},
	"of the creation of topics, for all": {kmsg.CreateTopics, kerr.ClusterAuthorizationFailed, "other", `find topic "other": it does not exist; create it: create the topic yourself, or allow the login Create on the topic or on the cluster: the login lacks Create on topic "other"`},
}

// denying returns a world in which something was written, and in which what takes another
// right is to be asked for, as it is again after need. Nothing but the producer itself limits
// its attempts. asked counts the requests.
func denying(t *testing.T, request kmsg.Key) (w *world, refuse *embedded.Refusals, asked *atomic.Int64, need func()) {
	w = newWorld(t, func(c *Config) { endless(c); c.NewTopics = NewTopics{Create: true, Partitions: 1} })
	_, err := w.p.Send(w.ctx, spread(3))
	w.NoErr(err)
	asked = w.count(request)
	refuse = embedded.Refuse(w.fake, request, func(kmsg.Request) string { return "" })
	need = func() {
		switch request {
		case kmsg.Metadata:
			w.fail(0, kerr.NotLeaderForPartition.Code, 1)
		case kmsg.InitProducerID:
			w.p.sequences.abandon()
		}
	}
	need()
	return w, refuse, asked, need
}

// A broker that has just started may not know its ACLs yet.
func TestSendOutlastsADenialThatPasses(t *testing.T) {
	for name, d := range denials {
		for _, times := range []int{1, 3} {
			t.Run(name, func(t *testing.T) {
				w, refuse, _, _ := denying(t, d.request)
				refuse.Next("", d.code.Code, times)
				n, err := w.p.Send(w.ctx, []message.Message{to(d.topic, 0, "x")})
				w.NoErr(err)
				w.Equal(n, 1)
				w.Equal(refuse.Left(""), 0)
				records, err := w.truth.Consume(w.ctx, d.topic)
				w.NoErr(err)
				w.True(slices.ContainsFunc(records, func(r *kgo.Record) bool { return string(r.Value) == "x" }))
			})
		}
	}
}

// Once a denial was repeated for long enough, records that may not be written don't hold
// up others each time.
func TestSendBelievesADenialThatIsRepeated(t *testing.T) {
	for name, d := range denials {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, refuse, asked, need := denying(t, d.request)
			w.p.patience = time.Second
			send := func() (times int64, err error) {
				before := asked.Load()
				_, err = w.p.Send(w.ctx, []message.Message{to(d.topic, 0, "x")})
				return asked.Load() - before, err
			}
			refuse.Next("", d.code.Code, -1)
			for i := range 3 {
				times, err := send()
				w.True(errors.Is(err, kafkago.Error(d.code.Code)))
				if !strings.Contains(err.Error(), d.says) {
					t.Errorf("%v, want %q in it", err, d.says)
				}
				w.True(i == 0 && times > 1 || i > 0 && times == 1)
				w.NoErr(w.ctx.Err())
			}
			refuse.Next("", 0, 0)
			_, err := send()
			w.NoErr(err)
			refuse.Next("", d.code.Code, 1) // which passes: the last one is over
			need()
			_, err = send()
			w.NoErr(err)
		})
	}
}

// A broker that has just started does not know its ACLs yet, and then hardly answers.
func TestTryBelievesNoDenialBeforeAndAfterASilence(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil, kfake.NumBrokers(1))
	const patience = 4 * time.Second
	var asked atomic.Int64
	embedded.Answer(w.fake, kmsg.Metadata, func(req kmsg.Request) kmsg.Response {
		if asked.Add(1) > 1 {
			w.fake.SleepControl(func() { time.Sleep(patience - 200*time.Millisecond) })
		}
		return embedded.Refusal(req, kerr.TopicAuthorizationFailed.Code)
	})
	w.NoErr(w.p.Try(w.ctx, topic, patience))
	w.True(asked.Load() > 1)
}
