package cluster

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/matryer/is"
	kafkago "github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

func TestListsOffsetsThroughEachErrorCode(t *testing.T) { asksThrough(t, kmsg.ListOffsets) }

// Who may not ask may still read.
func TestFindsTheEndOfALeaderEpochThroughEachErrorCode(t *testing.T) {
	asksThrough(t, kmsg.OffsetForLeaderEpoch, kerr.TopicAuthorizationFailed.Code, kerr.ClusterAuthorizationFailed.Code)
}

// asksThrough asks a partition's leader, who refuses it twice. As in Java's client:
// what is not retriable ends it, named with the partition.
func asksThrough(t *testing.T, key kmsg.Key, noEpochs ...int16) {
	is := is.New(t)
	ctx := guarded(t)
	fake := embedded.Start(t, kfake.NumBrokers(1), kfake.SeedTopics(1, "t"))
	refuse := embedded.Refuse(fake, key, func(kmsg.Request) string { return "" })
	c := newClient(t, fake.ListenAddrs()...)
	_, err := c.Refresh(ctx, []string{"t"})
	is.NoErr(err)
	for _, code := range embedded.Codes() {
		if slices.Contains(noEpochs, code) {
			refuse.Next("", code, 1)
			is.Equal(operations[key](ctx, c), ErrNoEpochs)
			continue
		}
		refuse.Next("", code, 2)
		err := insist(ctx, c, operations[key])
		if Retriable(CodeError(code)) {
			is.NoErr(err)
			is.Equal(refuse.Left(""), 0)
			continue
		}
		is.True(errors.Is(err, kafkago.Error(code)))
		expect.Error(t, err, "t/0")
		is.Equal(refuse.Left(""), 1) // at once
	}
}

func TestDoesNotTakeTheOffsetOfAnotherPartition(t *testing.T) {
	is := is.New(t)
	ctx := guarded(t)
	fake := embedded.Start(t, kfake.NumBrokers(1), kfake.SeedTopics(2, "t"))
	c := newClient(t, fake.ListenAddrs()...)
	_, err := c.Refresh(ctx, []string{"t"})
	is.NoErr(err)
	for name, spoil := range map[string]func(*kmsg.ListOffsetsResponse){
		"another partition": func(r *kmsg.ListOffsetsResponse) { r.Topics[0].Partitions[0].Partition = 1 },
		"another topic":     func(r *kmsg.ListOffsetsResponse) { r.Topics[0].Topic = "other" },
		"none":              func(r *kmsg.ListOffsetsResponse) { r.Topics = nil },
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			fake.ControlKey(int16(kmsg.ListOffsets), func(req kmsg.Request) (kmsg.Response, error, bool) {
				res := embedded.Refusal(req, 0).(*kmsg.ListOffsetsResponse)
				spoil(res)
				return res, nil, true
			})
			_, err := c.ListOffset(ctx, "t", 0, Latest, true)
			is.True(err != nil && strings.Contains(err.Error(), "t/0"))
			is.True(Retriable(err))
		})
	}
}

func TestNamesThePartitionWhoseLeaderIsNotKnown(t *testing.T) {
	is := is.New(t)
	fake := embedded.Start(t)
	_, err := newClient(t, fake.ListenAddrs()...).ListOffset(guarded(t), "t", 3, Latest, true)
	is.Equal(err.Error(), fmt.Sprintf("list offset of t/3: %v", kafkago.LeaderNotAvailable))
}
