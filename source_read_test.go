package kafka

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/golang/mock/gomock"
	"github.com/google/uuid"
	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
	"github.com/conduitio/conduit-connector-kafka/mock"
)

// batches returns a batch of records at the given offsets.
func batches(topic string, partition int32, offsets ...int64) []message.Batch {
	b := message.Batch{Topic: topic, Partition: partition}
	for _, o := range offsets {
		b.Records = append(b.Records, recordbatch.Record{Offset: o, Value: fmt.Append(nil, topic, o)})
	}
	return []message.Batch{b}
}

// places tells where records lay, as topic/partition/offset, and that each has
// the value and the position of that place.
func places(t *testing.T, records ...opencdc.Record) []string {
	t.Helper()
	is := is.New(t)
	var out []string
	for _, r := range records {
		p, err := ParsePosition(r.Position)
		is.NoErr(err)
		is.Equal(p.GroupID, "g")
		is.Equal(string(r.Payload.After.Bytes()), fmt.Sprint(p.Topic, p.Offset))
		out = append(out, fmt.Sprintf("%s/%d/%d", p.Topic, p.Partition, p.Offset))
	}
	return out
}

func TestReadReturnsOneRecordAfterTheOther(t *testing.T) {
	is := is.New(t)
	s, c := opened(t)
	gomock.InOrder(
		c.EXPECT().Next(gomock.Any(), readBatch).Return(append(batches("t", 0, 1, 3), batches("u", 1, 7)...), nil),
		c.EXPECT().Next(gomock.Any(), readBatch).Return(batches("t", 0, 4), nil),
	)
	var got []opencdc.Record
	for range 4 {
		r, err := s.Read(context.Background())
		is.NoErr(err)
		got = append(got, r)
	}
	is.Equal(places(t, got...), []string{"t/0/1", "t/0/3", "u/1/7", "t/0/4"})
}

func TestReadNReturnsAllThatIsThere(t *testing.T) {
	for asked, limit := range map[int]int{0: paceFirst, 1: paceFirst, 1000: 1000, 5000: 5000} {
		t.Run(fmt.Sprintf("asked for %d", asked), func(t *testing.T) {
			is := is.New(t)
			s, c := opened(t)
			c.EXPECT().Next(gomock.Any(), limit).Return(append(batches("t", 0, 1, 3), batches("u", 1, 7)...), nil)
			got, err := s.ReadN(context.Background(), asked)
			is.NoErr(err)
			is.Equal(places(t, got...), []string{"t/0/1", "t/0/3", "u/1/7"})
		})
	}
}

// What a topic is like is said once, whichever part of a batch is read first.
func TestReadSaysOnceWhatATopicIsLike(t *testing.T) {
	is := is.New(t)
	s, c := opened(t)
	given := batches("t", 0, 1, 2, 3)
	given[0].TopicConfigs = `{"topic":"t"}`
	c.EXPECT().Next(gomock.Any(), readBatch).Return(given, nil)
	first, err := s.Read(context.Background())
	is.NoErr(err)
	is.Equal(first.Metadata[MetadataTopicConfigs], `{"topic":"t"}`)
	rest, err := s.ReadN(context.Background(), 1)
	is.NoErr(err)
	is.Equal(len(rest), 2)
	for _, r := range rest {
		is.Equal(r.Metadata[MetadataTopicConfigs], "")
	}
}

func TestReadNReturnsFirstWhatReadLeft(t *testing.T) {
	is := is.New(t)
	s, c := opened(t)
	gomock.InOrder(
		c.EXPECT().Next(gomock.Any(), readBatch).Return(append(batches("t", 0, 1, 2, 3), batches("u", 1, 7)...), nil),
		c.EXPECT().Next(gomock.Any(), readBatch).Return(batches("t", 0, 4, 5), nil),
		c.EXPECT().Next(gomock.Any(), 4*paceFirst).Return(batches("t", 0, 6), nil), // Conduit is fast
	)
	ctx := context.Background()
	read := func() []string {
		r, err := s.Read(ctx)
		is.NoErr(err)
		return places(t, r)
	}
	readN := func() []string {
		r, err := s.ReadN(ctx, 1)
		is.NoErr(err)
		return places(t, r...)
	}
	is.Equal(read(), []string{"t/0/1"})
	is.Equal(readN(), []string{"t/0/2", "t/0/3", "u/1/7"})
	is.Equal(read(), []string{"t/0/4"})
	is.Equal(readN(), []string{"t/0/5"})
	is.Equal(readN(), []string{"t/0/6"})
}

// reads are the two ways to read.
var reads = map[string]func(context.Context, *Source) error{
	"Read":  func(ctx context.Context, s *Source) error { _, err := s.Read(ctx); return err },
	"ReadN": func(ctx context.Context, s *Source) error { _, err := s.ReadN(ctx, 1); return err },
}

func TestReadingEndsWithExactlyTheContextsError(t *testing.T) {
	for name, read := range reads {
		t.Run(name+" cancelled", func(t *testing.T) {
			is := is.New(t)
			s, c := opened(t)
			ctx, cancel := context.WithCancel(context.Background())
			c.EXPECT().Next(ctx, gomock.Any()).DoAndReturn(func(ctx context.Context, _ int) ([]message.Batch, error) {
				cancel()
				return nil, fmt.Errorf("fetch: %w", ctx.Err())
			})
			is.True(read(ctx, s) == context.Canceled) //nolint:errorlint // the SDK compares as well
		})
		t.Run(name+" out of time", func(t *testing.T) {
			is := is.New(t)
			s, c := opened(t)
			ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
			defer cancel()
			c.EXPECT().Next(ctx, gomock.Any()).DoAndReturn(func(ctx context.Context, _ int) ([]message.Batch, error) {
				<-ctx.Done()
				return nil, errors.New("connection is closed")
			})
			is.True(read(ctx, s) == context.DeadlineExceeded) //nolint:errorlint // the SDK compares as well
		})
	}
}

// A source that has more records at hand must end all the same.
func TestReadingEndsWithTheContextThoughThereAreRecords(t *testing.T) {
	for name, read := range reads {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			s, c := opened(t)
			c.EXPECT().Next(gomock.Any(), gomock.Any()).Return(batches("t", 0, 1, 2, 3), nil).AnyTimes()
			ctx, cancel := context.WithCancel(context.Background())
			_, err := s.Read(ctx) // there are two more
			is.NoErr(err)
			cancel()
			is.True(read(ctx, s) == context.Canceled) //nolint:errorlint // the SDK compares as well
			is.NoErr(read(context.Background(), s))   // they are not lost
		})
	}
}

func TestRecordsAreNotLostWhenTheContextEndsMeanwhile(t *testing.T) {
	is := is.New(t)
	s, c := opened(t)
	ctx, cancel := context.WithCancel(context.Background())
	c.EXPECT().Next(ctx, gomock.Any()).DoAndReturn(func(context.Context, int) ([]message.Batch, error) {
		cancel()
		return batches("t", 0, 1), nil
	})
	got, err := s.ReadN(ctx, 1)
	is.NoErr(err)
	is.Equal(places(t, got...), []string{"t/0/1"})
}

func TestAnErrorOfTheConsumerIsPassedOn(t *testing.T) {
	for name, read := range reads {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			s, c := opened(t)
			cause := errors.New("fenced")
			c.EXPECT().Next(gomock.Any(), gomock.Any()).Return(nil, cause)
			err := read(context.Background(), s)
			is.True(errors.Is(err, cause))
			is.True(strings.HasPrefix(err.Error(), "read: "))
		})
	}
}

// positions are those of records.
func positions(t *testing.T, records []opencdc.Record) []Position {
	t.Helper()
	var out []Position
	for _, r := range records {
		p, err := ParsePosition(r.Position)
		is.New(t).NoErr(err)
		out = append(out, p)
	}
	return out
}

// othersOf is what a position says of other partitions, as topic/partition/next offset.
func othersOf(p Position) []string {
	var out []string
	for _, o := range p.places()[1:] {
		out = append(out, fmt.Sprintf("%s/%d/%d", o.Topic, o.Partition, o.Next))
	}
	return out
}

// Conduit stores the position of the record that was acknowledged last.
func TestTheLastPositionOfAReadSaysHowFarOtherPartitionsWereRead(t *testing.T) {
	is := is.New(t)
	s, c := opened(t)
	gomock.InOrder(
		c.EXPECT().Next(gomock.Any(), gomock.Any()).Return(append(batches("t", 0, 1, 2), append(batches("u", 1, 7), batches("t", 1, 3)...)...), nil),
		c.EXPECT().Next(gomock.Any(), gomock.Any()).Return(batches("t", 0, 5), nil),
	)
	records, err := s.ReadN(context.Background(), 4)
	is.NoErr(err)
	got := positions(t, records)
	for _, p := range got[:3] {
		is.Equal(p.Others, "") // the short form
	}
	is.Equal(othersOf(got[3]), []string{"u/1/8", "t/0/3"})
	records, err = s.ReadN(context.Background(), 1)
	is.NoErr(err)
	is.Equal(othersOf(positions(t, records)[0]), []string{"t/1/4", "u/1/8"})
}

func TestWhatIsCommittedIsNotNamedInPositions(t *testing.T) {
	is := is.New(t)
	c := mock.NewMockConsumer(gomock.NewController(t))
	s, _ := sourceWith(c, nil, "g")
	is.NoErr(s.Open(context.Background(), nil))
	c.EXPECT().MemberID().AnyTimes()
	c.EXPECT().Committed("t", int32(0)).Return(int64(3), true).AnyTimes()
	c.EXPECT().Committed("u", int32(1)).Return(int64(7), true).AnyTimes()
	c.EXPECT().Next(gomock.Any(), gomock.Any()).Return(append(batches("t", 0, 1, 2), batches("u", 1, 6, 7)...), nil)
	c.EXPECT().Next(gomock.Any(), gomock.Any()).Return(batches("v", 0, 1), nil)
	c.EXPECT().Committed("v", int32(0)).AnyTimes()
	for _, want := range [][]string{nil, {"u/1/8"}} {
		records, err := s.ReadN(context.Background(), 4)
		is.NoErr(err)
		is.Equal(othersOf(positions(t, records[len(records)-1:])[0]), want)
	}
}

// A source that is killed before it has read or committed anything of a partition must
// not have forgotten how far that was read before.
func TestASourceKeepsWhatItsPositionSaysOfPartitionsThatItHasNotReadYet(t *testing.T) {
	is := is.New(t)
	first := Position{GroupID: "g", Topic: "t", Partition: 0, TopicID: TopicID{1}, LeaderEpoch: 3, Offset: 8, Others: others}
	c := mock.NewMockConsumer(gomock.NewController(t))
	s, j := sourceWith(c, nil, "g")
	is.NoErr(s.Open(context.Background(), first.Encode()))
	is.Equal(j.from, first)
	c.EXPECT().MemberID().AnyTimes()
	c.EXPECT().Committed(gomock.Any(), gomock.Any()).AnyTimes()
	c.EXPECT().Next(gomock.Any(), gomock.Any()).Return(batches("v", 0, 1), nil)
	records, err := s.ReadN(context.Background(), 1)
	is.NoErr(err)
	is.Equal(positions(t, records)[0].places()[1:], first.places())
}

// A position of 1,000 partitions takes no more than its bound, and ReadN no more than
// a message of the plugin protocol.
func TestPositionsStaySmallWithManyPartitions(t *testing.T) {
	is := is.New(t)
	s, c := opened(t)
	var all []message.Batch
	for p := range int32(1000) {
		all = append(all, batches("t", p, 1<<33, 1<<33+1, 1<<33+2)...)
	}
	c.EXPECT().Next(gomock.Any(), gomock.Any()).Return(all, nil)
	c.EXPECT().Next(gomock.Any(), gomock.Any()).Return(batches("u", 0, 1), nil)
	records, err := s.ReadN(context.Background(), readBatch)
	is.NoErr(err)
	last := positions(t, records[len(records)-1:])[0]
	is.Equal(len(last.places()), 1000) // there is much to share it
	is.True(len(last.Others) <= maxOthers)
	records, err = s.ReadN(context.Background(), 1)
	is.NoErr(err)
	last = positions(t, records)[0]
	is.True(len(last.Others) <= fewOthers+100)
	is.True(len(last.places()) > 300)
	is.Equal(othersOf(last)[0], "t/999/8589934595") // those that were read last
}

func TestPositionsNameTheMemberThatRead(t *testing.T) {
	is := is.New(t)
	c := mock.NewMockConsumer(gomock.NewController(t))
	s, _ := sourceWith(c, nil, "g")
	is.NoErr(s.Open(context.Background(), nil))
	c.EXPECT().Committed(gomock.Any(), gomock.Any()).AnyTimes()
	first, second := uuid.UUID{1}, uuid.UUID{2}
	for _, member := range []uuid.UUID{first, first, second, uuid.Nil} {
		c.EXPECT().Next(gomock.Any(), gomock.Any()).Return(batches("t", 0, 1, 2), nil)
		c.EXPECT().MemberID().Return(s.config.memberID(member))
		records, err := s.ReadN(context.Background(), 2)
		is.NoErr(err)
		for _, p := range positions(t, records) {
			is.Equal(p.Member, member)
		}
	}
}
