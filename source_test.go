package kafka

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/golang/mock/gomock"
	"github.com/google/uuid"
	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/internal/consumer"
	"github.com/conduitio/conduit-connector-kafka/internal/metrics"
	"github.com/conduitio/conduit-connector-kafka/mock"
	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

// joined is what a source asked newConsumer for.
type joined struct {
	config  SourceConfig
	groupID string
	from    Position
}

// sourceWith returns a source of group g, if any, that gets the consumer and err
// when it opens.
func sourceWith(c Consumer, err error, groupID string) (*Source, *joined) {
	var j joined
	s := &Source{config: newSourceConfig()}
	s.config.GroupID = groupID
	s.newConsumer = func(_ context.Context, config SourceConfig, groupID string, from Position, _ *metrics.Connector) (Consumer, error) {
		j = joined{config, groupID, from}
		return c, err
	}
	return s, &j
}

// opened returns a source of group g that is open, and its consumer.
func opened(t *testing.T) (*Source, *mock.MockConsumer) {
	t.Helper()
	c := mock.NewMockConsumer(gomock.NewController(t))
	c.EXPECT().MemberID().AnyTimes()
	c.EXPECT().Committed(gomock.Any(), gomock.Any()).AnyTimes()
	s, _ := sourceWith(c, nil, "g")
	is.New(t).NoErr(s.Open(context.Background(), nil))
	return s, c
}

func TestWhichGroupASourceJoins(t *testing.T) {
	position := Position{GroupID: "g", Topic: "t", Partition: 1, TopicID: TopicID{1, 255}, LeaderEpoch: 3, Member: uuid.UUID{2, 3}, Offset: 2, Others: others}
	old := Position{GroupID: "g", Topic: "t", Partition: 1, LeaderEpoch: -1, Offset: 2}
	group := Position{GroupID: "g", LeaderEpoch: -1}
	for name, c := range map[string]struct {
		configured string
		position   string
		want       string
		from       Position
	}{
		"the configured one":                     {"g", "", "g", Position{}},
		"that of the position":                   {"", string(position.Encode()), "g", position},
		"both, which are the same":               {"g", string(position.Encode()), "g", position},
		"that of a published connector":          {"", `{"GroupID":"g","Topic":"t","Partition":1,"Offset":2}`, "g", old},
		"that of a position that is a group":     {"", "g", "g", group},
		"both, and the position is only a group": {"g", "g", "g", group},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			s, j := sourceWith(nil, nil, c.configured)
			s.config.Topics = []string{"t"}
			var given opencdc.Position
			if c.position != "" {
				given = opencdc.Position(c.position)
			}
			is.NoErr(s.Open(context.Background(), given))
			is.Equal(j.groupID, c.want)
			is.Equal(j.from, c.from)
			is.Equal(j.config, s.config)
		})
	}
}

func TestAGroupIsGeneratedAndKeptInThePosition(t *testing.T) {
	is := is.New(t)
	groups := make(map[string]bool)
	for range 2 {
		c := mock.NewMockConsumer(gomock.NewController(t))
		c.EXPECT().Committed("t", int32(0)).AnyTimes()
		c.EXPECT().Next(gomock.Any(), gomock.Any()).Return(batches("t", 0, 7), nil)
		s, j := sourceWith(c, nil, "")
		c.EXPECT().MemberID().Return(s.config.memberID(uuid.UUID{2, 3}))
		is.NoErr(s.Open(context.Background(), nil))
		is.NoErr(uuid.Validate(j.groupID))
		groups[j.groupID] = true

		r, err := s.Read(context.Background())
		is.NoErr(err)
		p, err := ParsePosition(r.Position)
		is.NoErr(err)
		is.Equal(p, Position{GroupID: j.groupID, Topic: "t", Member: uuid.UUID{2, 3}, Offset: 7})

		next, again := sourceWith(nil, nil, "")
		is.NoErr(next.Open(context.Background(), r.Position))
		is.Equal(again.groupID, j.groupID)
	}
	is.Equal(len(groups), 2) // each its own
}

func TestSourcesThatDoNotOpen(t *testing.T) {
	cause := errors.New("no such host")
	for name, c := range map[string]struct {
		configured string
		position   string
		consumer   error
		says       []string
	}{
		"groupID contradicts the position": {"mine", `{"groupID":"theirs","topic":"t","partition":0,"offset":0}`, nil, []string{"groupID", `"mine"`, `"theirs"`}},
		"groupID contradicts a group":      {"mine", "theirs", nil, []string{"groupID", `"mine"`, `"theirs"`}},
		"the position is garbage":          {"", `{"groupID":`, nil, []string{"parse position"}},
		"the cluster can't be reached":     {"g", "g", cause, []string{"no such host"}},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			s, j := sourceWith(nil, c.consumer, c.configured)
			err := s.Open(context.Background(), opencdc.Position(c.position))
			is.True(err != nil)
			is.Equal(strings.Count(err.Error(), "open source: "), 1)
			for _, words := range c.says {
				expect.Error(t, err, words)
			}
			is.Equal(errors.Is(err, cause), c.consumer != nil)
			is.Equal(j.groupID != "", c.consumer != nil) // otherwise no group is joined
			is.NoErr(s.Teardown(context.Background()))   // there is nothing to tear down
		})
	}
}

func TestAcksAreForwarded(t *testing.T) {
	is := is.New(t)
	s, c := opened(t)
	id := TopicID{1, 255}
	gomock.InOrder(
		c.EXPECT().Ack(consumer.Record{Topic: "t", Partition: 3, LeaderEpoch: -1, Offset: 42}),
		c.EXPECT().Ack(consumer.Record{Topic: "t", Partition: 3, LeaderEpoch: -1, Offset: 43}),
		c.EXPECT().Ack(consumer.Record{Topic: "u", Partition: 0, LeaderEpoch: -1, Offset: 1}),
		c.EXPECT().Ack(consumer.Record{Topic: "t", Partition: 3, TopicID: id, LeaderEpoch: 0, Offset: 44}),
		c.EXPECT().Ack(consumer.Record{Topic: "t", Partition: 3, TopicID: id, LeaderEpoch: 0, Offset: 45}),
		c.EXPECT().Ack(consumer.Record{Topic: "t", Partition: 3, TopicID: id, LeaderEpoch: 1, Offset: 46}),
	)
	for _, p := range []string{
		`{"groupID":"g","topic":"t","partition":3,"offset":42}`,
		`{"groupID":"g","topic":"t","partition":3,"offset":43}`,
		`{"GroupID":"g","Topic":"u","Partition":0,"Offset":1}`,
		`{"groupID":"g","topic":"t","partition":3,"log":"Af8AAAAAAAAAAAAAAAAAAAA","offset":44}`,
		`{"groupID":"g","topic":"t","partition":3,"log":"Af8AAAAAAAAAAAAAAAAAAAA","offset":45}`,
		`{"groupID":"g","topic":"t","partition":3,"log":"Af8AAAAAAAAAAAAAAAAAAAI","offset":46}`,
	} {
		is.NoErr(s.Ack(context.Background(), opencdc.Position(p)))
	}
}

func TestAckOfGarbageIsAnError(t *testing.T) {
	is := is.New(t)
	s, _ := opened(t) // whose consumer is told nothing
	for _, p := range []string{"", "{", `{"topic":"t","partition":3,"offset":42}`} {
		err := s.Ack(context.Background(), opencdc.Position(p))
		is.True(err != nil)
		is.True(strings.HasPrefix(err.Error(), "acknowledge: parse position"))
	}
}

func TestTeardownClosesTheConsumerOnce(t *testing.T) {
	for name, cause := range map[string]error{"without trouble": nil, "with offsets not committed": errors.New("not committed")} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			s, c := opened(t)
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			c.EXPECT().Close(ctx).Return(cause).Times(1)
			err := s.Teardown(ctx)
			is.True(errors.Is(err, cause))
			is.Equal(err != nil, cause != nil)
			is.NoErr(s.Teardown(ctx)) // the second time there is nothing to do
		})
	}
}

func TestTeardownBeforeOpen(t *testing.T) {
	is := is.New(t)
	s, _ := sourceWith(nil, nil, "g")
	is.NoErr(s.Teardown(context.Background()))
}
