package topicconfig

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
	"go.uber.org/goleak"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
	"github.com/conduitio/conduit-connector-kafka/internal/wire"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is an embedded cluster with a client under test and one that looks at it.
type world struct {
	*is.I
	t      *testing.T
	ctx    context.Context //nolint:containedctx // that of the test
	fake   *kfake.Cluster
	client *cluster.Client
	truth  *kclient.Client
	log    log
}

// log is what was warned of and said.
type log struct {
	mu          sync.Mutex
	warns, says []string
}

func (l *log) warn(msg string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.warns = append(l.warns, fmt.Sprintf("%s: %v", msg, err))
}

func (l *log) info(msg string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.says = append(l.says, msg)
}

// warnings returns what was warned of since it was called last.
func (l *log) warnings() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := l.warns
	l.warns = nil
	return out
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{I: is.New(t), t: t, fake: embedded.Start(t)}
	var cancel context.CancelFunc
	w.ctx, cancel = context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	w.client = cluster.New(w.fake.ListenAddrs(), wire.Config{ClientID: "test", Principal: "User:alice", DialTimeout: 20 * time.Second, RequestTimeout: 20 * time.Second})
	t.Cleanup(w.client.Close)
	truth, err := kclient.New(w.fake.ListenAddrs())
	w.NoErr(err)
	w.truth = truth
	t.Cleanup(truth.Close)
	return w
}

func (w *world) create(topic string, partitions int32, configs map[string]string) {
	w.t.Helper()
	w.NoErr(w.truth.CreateTopic(w.ctx, topic, partitions, configs))
}

// own are the configs that are set for a topic itself.
func (w *world) own(topic string) map[string]string {
	w.t.Helper()
	req := kmsg.NewPtrDescribeConfigsRequest()
	req.Resources = []kmsg.DescribeConfigsRequestResource{{ResourceType: kmsg.ConfigResourceTypeTopic, ResourceName: topic}}
	res, err := req.RequestWith(w.ctx, w.truth.Raw())
	w.NoErr(err)
	out := make(map[string]string)
	for _, c := range res.Resources[0].Configs {
		if c.Source == kmsg.ConfigSourceDynamicTopicConfig {
			out[c.Name] = *c.Value
		}
	}
	return out
}

func (w *world) partitions(topic string) int {
	w.t.Helper()
	topics, err := w.client.Refresh(w.ctx, []string{topic})
	w.NoErr(err)
	return len(topics[topic].Partitions)
}

func batch(topic string, partition int32) message.Batch {
	return message.Batch{Topic: topic, Partition: partition, Records: make([]recordbatch.Record, 1)}
}

// alters answers the next changes of configs: with a code where it returns one for the names.
func (w *world) alters(code func(names string) int16) {
	embedded.Answer(w.fake, kmsg.IncrementalAlterConfigs, func(req kmsg.Request) kmsg.Response {
		r := req.(*kmsg.IncrementalAlterConfigsRequest)
		var names []string
		for _, c := range r.Resources[0].Configs {
			names = append(names, c.Name)
		}
		refused := code(strings.Join(names, ","))
		if refused == 0 {
			return nil
		}
		res := r.ResponseKind().(*kmsg.IncrementalAlterConfigsResponse)
		one := kmsg.NewIncrementalAlterConfigsResponseResource()
		one.ResourceType, one.ResourceName, one.ErrorCode, one.ErrorMessage = kmsg.ConfigResourceTypeTopic, r.Resources[0].ResourceName, refused, kmsg.StringPtr("its own words")
		res.Resources = append(res.Resources, one)
		return res
	})
}
