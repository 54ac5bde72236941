package metrics

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"regexp"
	"syscall"
	"testing"

	"github.com/matryer/is"
	"github.com/prometheus/client_golang/prometheus"
	kafkago "github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/internal/consumer"
	"github.com/conduitio/conduit-connector-kafka/internal/produce"
	"github.com/conduitio/conduit-connector-kafka/internal/wire"
)

// families lists the metrics of this package that the default registry has for a
// connector.
func families(t *testing.T, id string) map[string]int {
	t.Helper()
	gathered, err := prometheus.DefaultGatherer.Gather()
	is.New(t).NoErr(err)
	out := make(map[string]int)
	for _, f := range gathered {
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				if l.GetName() == "connector" && l.GetValue() == id {
					out[f.GetName()]++
				}
			}
		}
	}
	return out
}

func count(t *testing.T, id string, side Side) *Connector {
	t.Helper()
	m, err := start(key{id, side})
	is.New(t).NoErr(err)
	return m
}

func TestMetricsAreRegisteredWhileAConnectorIsOpen(t *testing.T) {
	is := is.New(t)
	is.Equal(len(families(t, t.Name())), 0)
	m := count(t, t.Name(), Source)
	is.Equal(families(t, t.Name())["conduit_kafka_records_total"], 1)
	m.Close()
	is.Equal(len(families(t, t.Name())), 0)
	count(t, t.Name(), Source).Close() // as often as it likes
	is.Equal(len(families(t, t.Name())), 0)
}

func TestConnectorsOfOneProcessHaveMetricsOfTheirOwn(t *testing.T) {
	is := is.New(t)
	a, b := count(t, t.Name()+"a", Source), count(t, t.Name()+"b", Destination)
	defer b.Close()
	a.Close()
	is.Equal(len(families(t, t.Name()+"a")), 0)
	is.Equal(families(t, t.Name()+"b")["conduit_kafka_records_total"], 1)
}

// Outside of Conduit connectors have no ID, and Conduit itself may open a
// connector again before it has torn down what failed.
func TestConnectorsWithOneIDCountTogether(t *testing.T) {
	is := is.New(t)
	source, again, destination := count(t, t.Name(), Source), count(t, t.Name(), Source), count(t, t.Name(), Destination)
	is.True(source == again)
	is.True(source != destination)
	is.Equal(families(t, t.Name())["conduit_kafka_records_total"], 2) // one of each type
	source.Close()
	destination.Close()
	is.Equal(families(t, t.Name())["conduit_kafka_records_total"], 1)
	again.Close()
	is.Equal(len(families(t, t.Name())), 0)
}

func TestDestinationHasNoMetricsOfASource(t *testing.T) {
	is := is.New(t)
	defer count(t, t.Name(), Destination).Close()
	is.Equal(families(t, t.Name())["conduit_kafka_rebalances_total"], 0)
}

func TestConnectorIDThatIsNotUTF8IsCountedAllTheSame(t *testing.T) {
	is := is.New(t)
	m := count(t, "\xff", Source)
	defer m.Close()
	is.Equal(families(t, "?")["conduit_kafka_records_total"], 1)
}

func TestMetricsWhoseNamesAreTakenAreOff(t *testing.T) {
	is := is.New(t)
	taken := newConnector(key{"", Source})
	is.NoErr(prometheus.Register(taken))
	defer prometheus.Unregister(taken)
	m := Open(context.Background(), true, Source)
	is.True(m == nil)
	m.Read(nil, io.EOF)
	m.Close()
}

func TestWithoutMetricsNothingIsCounted(t *testing.T) {
	is := is.New(t)
	m := Open(context.Background(), false, Source)
	is.True(m == nil)
	m.Read(nil, io.EOF)
	m.Failed(io.EOF)
	m.Retried(io.EOF)
	m.Watch(nil)
	var c consumer.Config
	m.HookConsumer(&c)
	is.True(c.Hooks.Committed == nil)
	is.Equal(c.ProgressInterval, 0*progressInterval)
	var p produce.Config
	m.HookProducer(&p)
	is.True(p.Hooks.Written == nil)
	is.True(m.ConnectionHooks().Dialled == nil)
	m.Close()
}

// What docs/operations.md lists is what there is.
func TestTheDocumentationListsTheMetrics(t *testing.T) {
	is := is.New(t)
	text, err := os.ReadFile("../../docs/operations.md")
	is.NoErr(err)
	rows := map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)^\\| `(conduit_kafka_[a-z_]+)` \\|").FindAllSubmatch(text, -1) {
		rows[string(m[1])] = true
	}
	descs := make(chan *prometheus.Desc, 100)
	newConnector(key{"", Source}).Describe(descs)
	newConnector(key{"", Destination}).Describe(descs)
	close(descs)
	names := map[string]bool{}
	for d := range descs {
		names[regexp.MustCompile(`fqName: "([^"]+)"`).FindStringSubmatch(d.String())[1]] = true
	}
	is.Equal(rows, names)
	for _, name := range regexp.MustCompile("conduit_kafka_[a-z_]+").FindAllString(string(text), -1) { // in alerts, too
		if !names[name] {
			t.Errorf("docs/operations.md names %s, which there is not", name)
		}
	}
}

func TestKindsOfErrors(t *testing.T) {
	_, dialErr := net.Dial("tcp", "127.0.0.1:1")
	for _, c := range []struct {
		err  error
		want string
	}{
		{&wire.AuthError{Err: kafkago.SASLAuthenticationFailed}, "authentication"},
		{&wire.CredentialsError{Err: &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}}, "authentication"},
		{&produce.RecordError{Err: &produce.TooLargeError{}}, "record_too_large"},
		{kafkago.NotLeaderForPartition, "not_leader_for_partition"},
		{fmt.Errorf("write within deliveryTimeout: %w", kafkago.NotEnoughReplicas), "not_enough_replicas"},
		{kafkago.Error(12345), "other"}, // a broker must not be able to make labels
		{x509.UnknownAuthorityError{}, "tls"},
		{&net.OpError{Op: "remote error", Err: errors.New("tls: bad certificate")}, "tls"},
		{&net.DNSError{Err: "no such host", Name: "nowhere"}, "dns"},
		{&wire.TimeoutError{}, "timeout"},
		{os.ErrDeadlineExceeded, "timeout"},
		{context.DeadlineExceeded, "timeout"},
		{dialErr, "dial"},
		{&wire.ProtocolError{}, "protocol"},
		{&wire.UnsupportedError{}, "unsupported"},
		{fmt.Errorf("read from a:1: %w", io.EOF), "connection"},
		{syscall.ECONNRESET, "connection"},
		{wire.ErrClosed, "connection"},
		{errors.New("something else"), "other"},
	} {
		is.New(t).Equal(kindOf(c.err), c.want)
	}
}

func TestStoppingIsNoError(t *testing.T) {
	is := is.New(t)
	m := count(t, t.Name(), Source)
	defer m.Close()
	m.Read(nil, fmt.Errorf("read: %w", context.Canceled))
	m.Retried(context.Canceled)
	hooks := m.ConnectionHooks()
	hooks.Dialled(context.Canceled)
	hooks.Answered(1, 0, context.Canceled)
	hooks.Answered(1, 0, wire.ErrClosed)
	got := families(t, t.Name())
	for _, name := range []string{"errors_total", "retries_total", "connects_total", "request_errors_total", "request_duration_seconds"} {
		is.Equal(got["conduit_kafka_"+name], 0)
	}
}
