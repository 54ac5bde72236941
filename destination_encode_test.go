package kafka

import (
	"context"
	"testing"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/golang/mock/gomock"
	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/sr"
	"github.com/twmb/franz-go/pkg/sr/srfake"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/metrics"
	"github.com/conduitio/conduit-connector-kafka/mock"
	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

// encodingDestination returns a destination that is open and writes Avro, its producer, and
// its registry, which has no schema yet.
func encodingDestination(t *testing.T, change func(*DestinationConfig)) (*Destination, *mock.MockProducer, *srfake.Registry) {
	t.Helper()
	is := is.New(t)
	r := srfake.New()
	t.Cleanup(r.Close)
	c, err := ParseDestination(map[string]string{"servers": "a:1", "topic": "t", "value.format": "avro", "schemaRegistry.urls": r.URL()})
	is.NoErr(err)
	change(&c)
	p := mock.NewMockProducer(gomock.NewController(t))
	d := &Destination{config: c, newProducer: func(context.Context, DestinationConfig, *metrics.Connector) (Producer, error) { return p, nil }}
	is.NoErr(d.Open(context.Background()))
	return d, p, r
}

var numbered = []opencdc.Record{{Operation: opencdc.OperationCreate, Payload: opencdc.Change{After: opencdc.StructuredData{"n": 1}}}}

func TestDestinationWaitsForTheSchemaRegistry(t *testing.T) {
	is := is.New(t)
	d, p, r := encodingDestination(t, func(*DestinationConfig) {})
	_, _, err := r.RegisterSchema("t-value", sr.Schema{Schema: `{"type":"record","name":"r","fields":[{"name":"n","type":"int"}]}`})
	is.NoErr(err)
	mend, asked := fail(r)
	go func() { <-asked; mend() }()
	p.EXPECT().Send(gomock.Any(), gomock.Any()).DoAndReturn(func(_ context.Context, batch []message.Message) (int, error) {
		is.Equal(string(batch[0].Value), "\x00\x00\x00\x00\x01\x02")
		return 1, nil
	})
	n, err := d.Write(context.Background(), numbered)
	is.NoErr(err)
	is.Equal(n, 1)
}

func TestDestinationGivesUpAnOutageOfTheSchemaRegistryAfterItsTime(t *testing.T) {
	is := is.New(t)
	d, _, r := encodingDestination(t, func(c *DestinationConfig) { c.DeliveryTimeout, c.OutageTimeout = time.Millisecond, 0 })
	fail(r)
	n, err := d.Write(context.Background(), numbered)
	is.Equal(n, 0)
	expect.Error(t, err, "record 0 of the batch", "encode the value")
}

func TestDestinationTeardownEndsTheWaitForTheSchemaRegistry(t *testing.T) {
	is := is.New(t)
	d, p, r := encodingDestination(t, func(c *DestinationConfig) { c.DeliveryTimeout = 0 })
	p.EXPECT().Close()
	_, asked := fail(r)
	written := make(chan error)
	go func() {
		_, err := d.Write(context.Background(), numbered)
		written <- err
	}()
	<-asked
	is.NoErr(d.Teardown(context.Background()))
	is.True(<-written != nil)
}

func TestDestinationSaysThatASubjectIsMissing(t *testing.T) {
	d, _, _ := encodingDestination(t, func(*DestinationConfig) {})
	_, err := d.Write(context.Background(), numbered)
	expect.Error(t, err, `find the latest schema of subject "t-value": the schema registry does not have it`)
}
