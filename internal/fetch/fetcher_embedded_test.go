package fetch

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

func TestGoesOnBehindWhatCompactionLeft(t *testing.T) {
	for name, s := range map[string]script{
		"empty batches in a row":    {0: answer(batch(0, 4), batch(5, 9)), 10: answer(batch(10, 10, "a"))},
		"an empty batch alone":      {0: answer(batch(0, 9)), 10: answer(batch(10, 10, "a"))},
		"a batch without its tail":  {0: answer(batch(0, 9)), 10: answer(batch(10, 20, "a"), batch(21, 21, "b"))},
		"several after one another": {0: answer(batch(0, 1), batch(2, 9), batch(10, 10, "a"))},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			got, err := values(t, play(t, s, 0, nil), 1)
			is.NoErr(err)
			is.Equal(got, []string{"10:a"})
		})
	}
}

func TestReadsOnAtTheOffsetInTheMiddleOfABatch(t *testing.T) {
	is := is.New(t)
	got, err := values(t, play(t, script{2: answer(batch(0, 3, "a", "b", "c", "d"))}, 2, nil), 2)
	is.NoErr(err)
	is.Equal(got, []string{"2:c", "3:d"})
}

func TestFetchesABrokenBatchAgain(t *testing.T) {
	is := is.New(t)
	broken := batch(1, 1, "b")
	broken[len(broken)-1] ^= 1
	tries := 0
	s := script{
		0: answer(batch(0, 0, "a"), broken),
		1: func(kmsg.FetchRequestTopicPartition) reply {
			tries++
			return reply{set: batch(1, 1, "b")}
		},
	}
	got, err := values(t, play(t, s, 0, nil), 2)
	is.NoErr(err)
	is.Equal(got, []string{"0:a", "1:b"})
	is.Equal(tries, 1)
}

func TestNamesTheBatchThatStaysBroken(t *testing.T) {
	broken := batch(1, 1, "b")
	broken[len(broken)-1] ^= 1
	unknown := batch(1, 1, "b")
	unknown[16] = 9
	short := batch(1, 1, "b")
	binary.BigEndian.PutUint32(short[8:], 3)
	for name, set := range map[string][]byte{"wrong CRC": broken, "unknown magic": unknown, "impossible length": short} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			got, err := values(t, play(t, script{0: answer(batch(0, 0, "a")), 1: answer(set)}, 0, nil), 2)
			t.Log(err)
			is.Equal(got, []string{"0:a"}) // what is before it comes first
			var corrupt *recordbatch.CorruptError
			var unsupported *recordbatch.UnsupportedError
			switch {
			case errors.As(err, &corrupt):
				is.Equal(fmt.Sprint(corrupt.Topic, corrupt.Partition, corrupt.Offset), "t0 1")
			case errors.As(err, &unsupported):
				is.Equal(fmt.Sprint(unsupported.Topic, unsupported.Partition, unsupported.Offset), "t0 1")
			default:
				is.NoErr(err)
			}
		})
	}
}

func TestAsksForMoreWhenABatchDoesNotFit(t *testing.T) {
	is := is.New(t)
	whole := batch(0, 0, "a long value")
	s := script{0: func(asked kmsg.FetchRequestTopicPartition) reply {
		return reply{set: whole[:min(len(whole), int(asked.PartitionMaxBytes))]}
	}}
	got, err := values(t, play(t, s, 0, func(c *Config) { c.MaxPartitionBytes = 20 }), 1)
	is.NoErr(err)
	is.Equal(got, []string{"0:a long value"})
}

func TestLeavesOutWhatWasAborted(t *testing.T) {
	is := is.New(t)
	s := script{0: func(kmsg.FetchRequestTopicPartition) reply {
		return reply{
			set: slices.Concat(
				inTransaction(7, batch(0, 0, "aborted")), inTransaction(8, batch(1, 1, "committed")),
				marker(7, 2, false), marker(8, 3, true), inTransaction(7, batch(4, 4, "again")), marker(7, 5, true)),
			aborted: []kmsg.FetchResponseTopicPartitionAbortedTransaction{{ProducerID: 7, FirstOffset: 0}},
		}
	}}
	got, err := values(t, play(t, s, 0, nil), 2)
	is.NoErr(err)
	is.Equal(got, []string{"1:committed", "4:again"})
}

func TestTriesAgainAfterErrorsThatPass(t *testing.T) {
	for _, code := range []*kerr.Error{
		kerr.NotLeaderForPartition, kerr.LeaderNotAvailable, kerr.UnknownTopicOrPartition, kerr.ReplicaNotAvailable,
		kerr.FencedLeaderEpoch, kerr.UnknownLeaderEpoch, kerr.KafkaStorageError, kerr.OffsetNotAvailable, kerr.CorruptMessage,
	} {
		t.Run(code.Message, func(t *testing.T) {
			is := is.New(t)
			got, err := values(t, play(t, script{0: fails(code, 3, answer(batch(0, 0, "a")))}, 0, nil), 1)
			is.NoErr(err)
			is.Equal(got, []string{"0:a"})
		})
	}
}

func TestGoesOnWhereResetSays(t *testing.T) {
	is := is.New(t)
	s := script{0: fails(kerr.OffsetOutOfRange, 1, nil), 40: answer(batch(40, 40, "a"))}
	var asked Lost
	f := play(t, s, 0, func(c *Config) {
		c.Reset = resetBy(func(l Lost) (int64, error) {
			asked = l
			return 40, nil
		})
	})
	got, err := values(t, f, 1)
	is.NoErr(err)
	is.Equal(got, []string{"40:a"})
	is.Equal(asked, Lost{Topic: topic, Why: OutOfRange, TopicID: asked.TopicID})
}

func TestBatchesAndLossesCarryWhatTheyAreOf(t *testing.T) {
	is := is.New(t)
	fake := embedded.Start(t, kfake.NumBrokers(1), kfake.SeedTopics(1, topic))
	id := cluster.TopicID(fake.TopicInfo(topic).TopicID)
	embedded.Answer(fake, kmsg.Fetch, func(req kmsg.Request) kmsg.Response {
		asked := req.(*kmsg.FetchRequest).Topics[0].Partitions[0].FetchOffset
		if asked == 9 {
			return embedded.Refusal(req, kerr.OffsetOutOfRange.Code)
		}
		res := embedded.Refusal(req, 0).(*kmsg.FetchResponse)
		if asked == 0 {
			res.Topics[0].Partitions[0].RecordBatches = batch(0, 0, "a")
		}
		return res
	})
	var lost Lost
	f := open(t, fake, 5*time.Second, func(c *Config) {
		c.Reset = resetBy(func(l Lost) (int64, error) {
			lost = l
			return 0, nil
		})
	})
	f.Add([]Start{{Topic: topic, Offset: 9, LeaderEpoch: -1, Assignment: 7}})
	batches, err := f.Next(t.Context(), 1)
	is.NoErr(err)
	is.Equal(batches[0].Assignment, int64(7))
	is.Equal(cluster.TopicID(batches[0].TopicID), id)
	is.Equal(lost.Assignment, int64(7))
	is.Equal(lost.TopicID, id)
}

func TestReturnsNothingOfAPartitionThatWasRemoved(t *testing.T) {
	is := is.New(t)
	f := play(t, script{0: answer(batch(0, 2, "a", "b", "c"))}, 0, nil)
	got, err := values(t, f, 1)
	is.NoErr(err)
	is.Equal(got, []string{"0:a"})
	f.Remove(topic, 0)
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	_, err = f.Next(ctx, 10)
	is.True(errors.Is(err, context.DeadlineExceeded))
}
