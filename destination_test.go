package kafka

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/golang/mock/gomock"
	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/metrics"
	"github.com/conduitio/conduit-connector-kafka/mock"
	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

// openedDestination returns a destination that is open, with the default topic
// setting and values made by a template, and its producer.
func openedDestination(t *testing.T) (*Destination, *mock.MockProducer) {
	t.Helper()
	is := is.New(t)
	c, err := ParseDestination(changed(goodDestination, map[string]string{"sdk.record.format": "template", "sdk.record.format.options": "{{ .Payload.After.v }}"}))
	is.NoErr(err)
	p := mock.NewMockProducer(gomock.NewController(t))
	d := &Destination{config: c, newProducer: func(_ context.Context, got DestinationConfig, _ *metrics.Connector) (Producer, error) {
		is.Equal(got, c)
		return p, nil
	}}
	is.NoErr(d.Open(context.Background()))
	return d, p
}

// of makes records with these values, each for the topic of its value. A record
// without a value has no topic either.
func of(values ...string) []opencdc.Record {
	var out []opencdc.Record
	for _, v := range values {
		r := opencdc.Record{Position: opencdc.Position("of " + v), Metadata: opencdc.Metadata{}}
		if v != "" {
			r.Metadata[opencdc.MetadataCollection] = "to." + v
			r.Payload.After = opencdc.StructuredData{"v": v}
		}
		out = append(out, r)
	}
	return out
}

// sends makes the producer expect one Send, which returns n and err, and tells
// the values that were sent.
func sends(t *testing.T, p *mock.MockProducer, n int, err error) *[]string {
	t.Helper()
	sent := new([]string)
	p.EXPECT().Send(gomock.Any(), gomock.Any()).DoAndReturn(func(_ context.Context, messages []message.Message) (int, error) {
		is := is.New(t)
		for _, m := range messages {
			is.Equal(m.Topic, "to."+string(m.Value))
			*sent = append(*sent, string(m.Value))
		}
		return n, err
	})
	return sent
}

func TestWriteSendsABatchInOrder(t *testing.T) {
	is := is.New(t)
	d, p := openedDestination(t)
	for _, batch := range [][]string{{"c", "a", "b"}, {"d"}, {"a", "a", "x", "y"}} {
		sent := sends(t, p, len(batch), nil)
		n, err := d.Write(context.Background(), of(batch...))
		is.NoErr(err)
		is.Equal(n, len(batch))
		is.Equal(*sent, batch)
	}
}

func TestWriteReturnsTheExactPrefix(t *testing.T) {
	refused := errors.New("refused")
	for name, c := range map[string]struct {
		given   []string // "" can't be made into a message
		sent    []string
		durable int   // of those sent
		refused error // by the producer
		want    int
		says    string
	}{
		"the first can't be made":      {given: []string{"", "b"}, want: 0, says: `record 0 of the batch (position "of ")`},
		"the third can't be made":      {given: []string{"a", "b", "", "d"}, sent: []string{"a", "b"}, durable: 2, want: 2, says: "record 2 of the batch"},
		"the last can't be made":       {given: []string{"a", ""}, sent: []string{"a"}, durable: 1, want: 1, says: "record 1 of the batch"},
		"the first is refused":         {given: []string{"a", "b"}, sent: []string{"a", "b"}, durable: 0, refused: refused, want: 0, says: "refused"},
		"the second is refused":        {given: []string{"a", "b", "c"}, sent: []string{"a", "b", "c"}, durable: 1, refused: refused, want: 1, says: "refused"},
		"refused before one not made":  {given: []string{"a", "b", ""}, sent: []string{"a", "b"}, durable: 1, refused: refused, want: 1, says: "refused"},
		"refused just before not made": {given: []string{"a", ""}, sent: []string{"a"}, durable: 0, refused: refused, want: 0, says: "refused"},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			d, p := openedDestination(t)
			sent := new([]string)
			if len(c.sent) > 0 {
				sent = sends(t, p, c.durable, c.refused)
			}
			n, err := d.Write(context.Background(), of(c.given...))
			is.Equal(n, c.want)
			is.Equal(*sent, c.sent)
			is.True(err != nil)
			is.True(strings.HasPrefix(err.Error(), "write: "))
			expect.Error(t, err, c.says)
			is.Equal(errors.Is(err, refused), c.refused != nil)

			sent = sends(t, p, 1, nil) // and it goes on
			n, err = d.Write(context.Background(), of("next"))
			is.NoErr(err)
			is.Equal(n, 1)
			is.Equal(*sent, []string{"next"})
		})
	}
}

func TestAnEmptyBatchIsNotSent(t *testing.T) {
	is := is.New(t)
	d, _ := openedDestination(t) // whose producer is asked for nothing
	n, err := d.Write(context.Background(), nil)
	is.NoErr(err)
	is.Equal(n, 0)
}

func TestWritePassesItsContextOn(t *testing.T) {
	is := is.New(t)
	d, p := openedDestination(t)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	p.EXPECT().Send(ctx, gomock.Len(1)).Return(1, nil)
	_, err := d.Write(ctx, of("a"))
	is.NoErr(err)
}

func TestADestinationKeepsNoRecords(t *testing.T) {
	is := is.New(t)
	d, p := openedDestination(t)
	for _, batch := range [][]string{{"a", "b", "c"}, {"d"}, {"e", ""}} {
		var sent []message.Message
		p.EXPECT().Send(gomock.Any(), gomock.Any()).DoAndReturn(func(_ context.Context, messages []message.Message) (int, error) {
			sent = messages
			return 1, errors.New("refused")
		})
		_, err := d.Write(context.Background(), of(batch...))
		is.True(err != nil)
		is.True(len(sent) > 0)
		for _, m := range sent {
			is.Equal(m, message.Message{})
		}
	}
}

// The producer compares what it could not write with what it is given next.
func TestTheValuesOfAFailedWriteStay(t *testing.T) {
	is := is.New(t)
	c, err := ParseDestination(changed(goodDestination, map[string]string{"topic": "t"}))
	is.NoErr(err)
	p := mock.NewMockProducer(gomock.NewController(t))
	d := &Destination{config: c, newProducer: func(context.Context, DestinationConfig, *metrics.Connector) (Producer, error) { return p, nil }}
	is.NoErr(d.Open(context.Background()))
	var kept []byte
	for _, refused := range []error{nil, errors.New("refused"), nil, nil} {
		p.EXPECT().Send(gomock.Any(), gomock.Len(1)).DoAndReturn(func(_ context.Context, messages []message.Message) (int, error) {
			if refused != nil {
				kept = messages[0].Value
				return 0, refused
			}
			return 1, nil
		})
		record := of(fmt.Sprintf("refused: %t", refused != nil))
		_, err := d.Write(context.Background(), record)
		is.Equal(err != nil, refused != nil)
		if kept != nil {
			is.Equal(string(kept), string(of("refused: true")[0].Bytes()))
		}
	}
}

func TestDestinationsThatDoNotOpen(t *testing.T) {
	is := is.New(t)
	cause := errors.New("no such host")
	c, err := ParseDestination(changed(goodDestination, nil))
	is.NoErr(err)
	d := &Destination{config: c, newProducer: func(context.Context, DestinationConfig, *metrics.Connector) (Producer, error) { return nil, cause }}
	err = d.Open(context.Background())
	is.True(errors.Is(err, cause))
	is.Equal(err.Error(), "open destination: no such host")
	is.NoErr(d.Teardown(context.Background())) // there is nothing to tear down

	d.config.Topic = "a b" // the producer is not asked for
	err = d.Open(context.Background())
	is.True(err != nil && !errors.Is(err, cause))
	is.True(strings.HasPrefix(err.Error(), "open destination: topic: "))
}

func TestTeardownClosesTheProducerOnce(t *testing.T) {
	for name, cause := range map[string]error{"without trouble": nil, "with trouble": errors.New("broken pipe")} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			d, p := openedDestination(t)
			p.EXPECT().Close().Return(cause).Times(1)
			err := d.Teardown(context.Background())
			is.True(errors.Is(err, cause))
			is.Equal(err != nil, cause != nil)
			is.NoErr(d.Teardown(context.Background())) // the second time there is nothing to do
		})
	}
}
