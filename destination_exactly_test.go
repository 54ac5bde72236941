package kafka

import (
	"cmp"
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/google/uuid"
	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/internal/convert"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/metrics"
	"github.com/conduitio/conduit-connector-kafka/internal/produce"
	"github.com/conduitio/conduit-connector-kafka/internal/setting"
)

func TestExactlyOnceRefusesWhatContradictsIt(t *testing.T) {
	for name, c := range map[string]struct {
		settings map[string]string
		says     string // "": nothing is wrong
	}{
		"alone":              {map[string]string{"exactlyOnce": "true"}, ""},
		"with its settings":  {map[string]string{"exactlyOnce": "true", "transactionalID": "a", "progressTopic": "p", "acks": "-1", "idempotent": "true"}, ""},
		"acks one":           {map[string]string{"exactlyOnce": "true", "acks": "one"}, "exactlyOnce: true needs acks all, and acks is one"},
		"not idempotent":     {map[string]string{"exactlyOnce": "true", "idempotent": "false"}, "exactlyOnce: true needs idempotent"},
		"no limit":           {map[string]string{"exactlyOnce": "true", "deliveryTimeout": "0s"}, "deliveryTimeout is 0s"},
		"no topic's name":    {map[string]string{"exactlyOnce": "true", "progressTopic": "a b"}, "progressTopic"},
		"the same topic":     {map[string]string{"exactlyOnce": "true", "progressTopic": "t"}, "another topic"},
		"the default topic":  {map[string]string{"exactlyOnce": "true", "transactionalID": "a", "topic": "conduit-progress-a"}, "another topic"},
		"an ID without it":   {map[string]string{"transactionalID": "a"}, "transactionalID: it is of no use while exactlyOnce is off"},
		"a topic without it": {map[string]string{"progressTopic": "p"}, "progressTopic: it is of no use while exactlyOnce is off"},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			c.settings["servers"], c.settings["topic"] = "a:1", cmp.Or(c.settings["topic"], "t")
			_, err := ParseDestination(c.settings)
			if c.says == "" {
				is.NoErr(err)
				return
			}
			is.True(err != nil)
			if !strings.Contains(err.Error(), c.says) {
				t.Fatalf("the error is %q", err)
			}
		})
	}
}

func TestExactlyOnceNeedsAnID(t *testing.T) {
	is := is.New(t)
	c := DestinationConfig{ExactlyOnce: true, Topic: "t"}
	_, err := c.exactlyOnce(context.Background(), produce.Config{})
	is.True(strings.Contains(err.Error(), "transactionalID"))
	c.TransactionalID = "a pipeline:the copy"
	e, err := c.exactlyOnce(context.Background(), produce.Config{})
	is.NoErr(err)
	is.Equal(e.Topic, progressTopic(c.TransactionalID))
	is.Equal(e.ID, c.Topic)
	is.Equal(e.TransactionalID, c.TransactionalID)
	is.True(e.Shared)
	is.True((&DestinationConfig{ProgressTopic: "progress"}).sharesProgress())
	is.True(!new(DestinationConfig).sharesProgress()) // connectors have different IDs, and so topics
}

func TestProgressTopicsOfDifferentConnectorsDiffer(t *testing.T) {
	is := is.New(t)
	is.Equal(progressTopic("orders.copy"), "conduit-progress-orders.copy")
	long := strings.Repeat("x", 300)
	seen := make(map[string]bool)
	for _, id := range []string{"a:b", "a_b", "a b", long, long + "y"} {
		name := progressTopic(id)
		is.NoErr(setting.Topic("progressTopic", name))
		is.True(!seen[name])
		seen[name] = true
	}
}

func TestOriginsAreOneForEachReading(t *testing.T) {
	is := is.New(t)
	var o origins
	position := func(member byte, assignment, offset int64, others string) []byte {
		return Position{"g", "t", 3, TopicID{1}, 4, uuid.UUID{member}, assignment, offset, others}.Encode()
	}
	first, offset, err := o.find(position(1, 2, 5, ""))
	is.NoErr(err)
	is.Equal(offset, int64(5))
	is.Equal([]any{first.Group, first.Topic, first.TopicID, first.Partition, first.LeaderEpoch}, []any{"g", "t", [16]byte{1}, int32(3), int32(4)})
	again, offset, err := o.find(position(1, 2, 6, "AAF1AQAAAAAAAAAAAAAAAAAAAAQKAw"))
	is.NoErr(err)
	is.Equal(offset, int64(6))
	is.True(again == first)
	for _, other := range [][]byte{position(1, 3, 5, ""), position(2, 3, 5, "")} {
		run, offset, err := o.find(other)
		is.NoErr(err)
		is.Equal(offset, int64(5))
		is.True(run != first)
		same, _, err := o.find(other)
		is.NoErr(err)
		is.True(run == same)
	}
	is.Equal(len(o.known), 1) // those before are forgotten
	for _, none := range []string{"", "a-group", "{}", `{"groupID":"g"}`} {
		_, _, err := o.find([]byte(none))
		is.True(err != nil)
	}
}

// Before Kafka 2.8 nothing tells a topic from the one of the same name before it.
func TestOriginsRefuseAPositionWithoutATopicID(t *testing.T) {
	is := is.New(t)
	_, _, err := new(origins).find(Position{GroupID: "g", Topic: "t", LeaderEpoch: -1}.Encode())
	is.True(err != nil)
	is.True(strings.Contains(err.Error(), "Kafka 2.8"))
}

// missed is a producer that notes what it is not given.
type missed struct {
	Producer
	offsets []string
}

func (*missed) Send(_ context.Context, messages []message.Message) (int, error) {
	return len(messages), nil
}

func (m *missed) Miss(position []byte) { m.offsets = append(m.offsets, string(position)) }

func TestWriteTellsTheProducerOfRecordsThatBecomeNoMessage(t *testing.T) {
	is := is.New(t)
	c, err := ParseDestination(map[string]string{"servers": "a:1", "topic": `{{ index .Metadata "to" }}`})
	is.NoErr(err)
	messages, err := convert.NewMessages(c.messages(nil))
	is.NoErr(err)
	m := new(missed)
	s := newWriteSession(m, messages, metrics.Open(context.Background(), false, metrics.Destination), func() {})
	var records []opencdc.Record
	for _, to := range []string{"a", "a", "", "a"} {
		records = append(records, opencdc.Record{
			Position: opencdc.Position(strconv.Itoa(len(records))), Metadata: opencdc.Metadata{"to": to},
			Payload: opencdc.Change{After: opencdc.RawData("x")},
		})
	}
	n, err := s.write(context.Background(), records)
	is.Equal(n, 2)
	is.True(err != nil)
	is.Equal(m.offsets, []string{"2", "3"})
}

// A Write that gave up waiting for another one has written nothing, whatever comes later.
func TestWriteTellsTheProducerOfRecordsThatGotNoTurn(t *testing.T) {
	is := is.New(t)
	c, err := ParseDestination(map[string]string{"servers": "a:1", "topic": "t"})
	is.NoErr(err)
	messages, err := convert.NewMessages(c.messages(nil))
	is.NoErr(err)
	m := new(missed)
	s := newWriteSession(m, messages, metrics.Open(context.Background(), false, metrics.Destination), func() {})
	s.turn <- struct{}{}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	n, err := s.write(ctx, of("a", "b"))
	is.Equal(n, 0)
	is.True(errors.Is(err, context.Canceled))
	is.Equal(m.offsets, nil) // the producer is in use
	<-s.turn
	for range 2 {
		n, err = s.write(context.Background(), of("c"))
		is.NoErr(err)
		is.Equal(n, 1)
		is.Equal(m.offsets, []string{"of a", "of b"})
	}
}

func TestNoRecordGoesToTheProgressTopic(t *testing.T) {
	is := is.New(t)
	for progress, settings := range map[string]map[string]string{
		"own":                {"transactionalID": "a", "progressTopic": "own"},
		"conduit-progress-a": {"transactionalID": "a"},
	} {
		settings["servers"], settings["exactlyOnce"] = "a:1", "true"
		c, err := ParseDestination(settings)
		is.NoErr(err)
		messages, err := c.newMessages(context.Background())
		is.NoErr(err)
		var records []opencdc.Record
		for _, topic := range []string{"orders", progress} {
			records = append(records, opencdc.Record{Position: opencdc.Position(topic), Metadata: opencdc.Metadata{opencdc.MetadataCollection: topic}})
		}
		got, err := messages.Convert(context.Background(), records)
		is.Equal(len(got.Messages), 1)
		var of *message.RecordError
		is.True(errors.As(err, &of))
		is.Equal(of.Index, 1)
		is.True(strings.Contains(err.Error(), progress))
		is.True(strings.Contains(err.Error(), "set another progressTopic"))
	}
}
