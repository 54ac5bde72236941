package limits_test

import (
	"context"
	"fmt"
	"maps"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"
	sdk "github.com/conduitio/conduit-connector-sdk"
	"github.com/matryer/is"
	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/internal/wire"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
	"github.com/conduitio/conduit-connector-kafka/test/sides"
	"github.com/conduitio/conduit-connector-kafka/test/simulation"
)

// limit is how long Teardown may take.
const limit = 5 * time.Second

const brokers = 3

// settings are a connector's, as in a pipeline file.
type settings map[string]string

func (s settings) with(more settings) settings {
	out := maps.Clone(s)
	maps.Copy(out, more)
	return out
}

// world is a cluster, and the network around it.
type world struct {
	*testing.T
	net     *simulation.Network
	fake    *kfake.Cluster
	servers []string
	login   settings
	hosts   map[string]*simulation.Host

	mu      sync.Mutex
	answers map[kmsg.Key]func(kmsg.Request) kmsg.Response // nil: none comes
}

// newWorld starts a cluster with topics "t" and "other".
func newWorld(t *testing.T) *world {
	w := &world{T: t, net: simulation.NewNetwork(1, 2*time.Millisecond), login: settings{}, hosts: make(map[string]*simulation.Host), answers: make(map[kmsg.Key]func(kmsg.Request) kmsg.Response)}
	var ports []int
	for i := range brokers {
		ports = append(ports, 9000+i)
		w.servers = append(w.servers, net.JoinHostPort("127.0.0.1", strconv.Itoa(9000+i)))
	}
	opts := []kfake.Opt{kfake.Ports(ports...), kfake.ListenFn(w.net.Listen), kfake.SeedTopics(3, "t", "other"), kfake.GroupMinSessionTimeout(100 * time.Millisecond)}
	w.login["servers"] = strings.Join(w.servers, ",")
	var err error
	w.fake, err = kfake.NewCluster(opts...)
	is.New(t).NoErr(err)
	t.Cleanup(w.fake.Close)
	w.fake.ControlKey(-1, w.control)
	return w
}

func (w *world) control(req kmsg.Request) (kmsg.Response, error, bool) {
	w.fake.KeepControl()
	w.mu.Lock()
	answer, ok := w.answers[kmsg.Key(req.Key())]
	w.mu.Unlock()
	if !ok {
		return nil, nil, false
	}
	if answer == nil {
		return nil, nil, true
	}
	return answer(req), nil, true
}

// answer has brokers answer requests of some kinds in a way, or not at all where that is
// nil.
func (w *world) answer(how func(kmsg.Request) kmsg.Response, keys ...kmsg.Key) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, key := range keys {
		w.answers[key] = how
	}
}

// silence has requests of some kinds go unanswered, and refusal answers them with a code.
func (w *world) silence(keys ...kmsg.Key) { w.answer(nil, keys...) }

func (w *world) refuse(code int16, keys ...kmsg.Key) {
	w.answer(func(req kmsg.Request) kmsg.Response { return embedded.Refusal(req, code) }, keys...)
}

// heal has the cluster work as it should.
func (w *world) heal() {
	w.net.Heal()
	w.mu.Lock()
	defer w.mu.Unlock()
	clear(w.answers)
}

// all does something to each broker.
func (w *world) all(do func(address string)) {
	for _, address := range w.servers {
		do(address)
	}
}

// freeze has brokers take connections and say nothing.
func (w *world) freeze() { w.all(func(a string) { w.net.Freeze(a, time.Hour, false) }) }

// unplug has them not even take connections.
func (w *world) unplug() { w.all(func(a string) { w.net.Freeze(a, time.Hour, true) }) }

// down has them refuse connections.
func (w *world) down() { w.all(func(a string) { w.net.Down(a, true) }) }

// admit has brokers take any login, and end its session after a time.
func (w *world) admit(session time.Duration) {
	w.login = w.login.with(settings{"saslUsername": "u", "saslPassword": "p"})
	w.answer(func(req kmsg.Request) kmsg.Response {
		res := req.ResponseKind().(*kmsg.SASLHandshakeResponse)
		res.SupportedMechanisms = []string{"PLAIN"}
		return res
	}, kmsg.SASLHandshake)
	w.answer(func(req kmsg.Request) kmsg.Response {
		res := req.ResponseKind().(*kmsg.SASLAuthenticateResponse)
		res.SASLAuthBytes, res.SessionLifetimeMillis = []byte{}, session.Milliseconds()
		return res
	}, kmsg.SASLAuthenticate)
}

// host is one on the network, by its name.
func (w *world) host(name string) *simulation.Host {
	if w.hosts[name] == nil {
		w.hosts[name] = w.net.Host(name)
	}
	return w.hosts[name]
}

// context is one that the connector is opened with, on a host of its own.
func (w *world) context(host string) context.Context {
	return wire.WithDialer(zerolog.Nop().WithContext(context.Background()), w.host(host).Dial)
}

func (w *world) source(host string, more settings) (context.Context, sdk.Source) {
	ctx := w.context(host)
	src, err := sides.NewSource(ctx, w.login.with(settings{
		"topics": "t", "groupID": "g", "readFromBeginning": "true", "commitOffsetsDelay": "0s", "commitOffsetsSize": "1000000",
	}).with(more))
	is.New(w.T).NoErr(err)
	return ctx, src
}

func (w *world) destination(host string, more settings) (context.Context, sdk.Destination) {
	ctx := w.context(host)
	dst, err := sides.NewDestination(ctx, w.login.with(settings{"topic": "t", "partitioner": "round-robin"}).with(more))
	is.New(w.T).NoErr(err)
	return ctx, dst
}

// fill writes records to topic t.
func (w *world) fill(n int) {
	is := is.New(w.T)
	ctx, dst := w.destination("writer", nil)
	is.NoErr(dst.Open(ctx))
	_, err := dst.Write(ctx, numbered(n))
	is.NoErr(err)
	is.NoErr(dst.Teardown(ctx))
}

// judge is another client.
func (w *world) judge() *kgo.Client {
	cl, err := kgo.NewClient(kgo.SeedBrokers(w.servers...), kgo.Dialer(w.host("judge").Dial))
	is.New(w.T).NoErr(err)
	return cl
}

// committed is how many records of topic t group g has committed.
func (w *world) committed() int64 {
	is := is.New(w.T)
	cl := w.judge()
	defer cl.Close()
	req := kmsg.NewPtrOffsetFetchRequest()
	req.Group = "g"
	t := kmsg.NewOffsetFetchRequestTopic()
	t.Topic, t.Partitions = "t", []int32{0, 1, 2}
	req.Topics = append(req.Topics, t)
	res, err := req.RequestWith(context.Background(), cl)
	is.NoErr(err)
	var n int64
	for _, t := range res.Topics {
		for _, p := range t.Partitions {
			n += max(0, p.Offset)
		}
	}
	return n
}

func numbered(n int) []opencdc.Record {
	records := make([]opencdc.Record, n)
	for i := range records {
		records[i] = opencdc.Record{
			Position: opencdc.Position(fmt.Sprint(i)), Operation: opencdc.OperationCreate,
			Payload: opencdc.Change{After: opencdc.RawData(fmt.Sprint("value-", i))},
		}
	}
	return records
}
