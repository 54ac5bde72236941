package check

import (
	"testing"

	"github.com/matryer/is"
	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol/metadata"
)

// What brokers answer that are hard to bring about.
func TestJudgesTopics(t *testing.T) {
	partition := func(leader int32) metadata.ResponsePartition { return metadata.ResponsePartition{LeaderID: leader} }
	for name, c := range map[string]struct {
		topic metadata.ResponseTopic
		want  []Outcome // topic, read
	}{
		"a broker that does not tell": {metadata.ResponseTopic{Partitions: []metadata.ResponsePartition{partition(1)}}, []Outcome{OK, Skipped}},
		"one that was not asked": {metadata.ResponseTopic{
			Partitions: []metadata.ResponsePartition{partition(1)}, TopicAuthorizedOperations: unknownOperations,
		}, []Outcome{OK, Skipped}},
		"a partition without a leader": {metadata.ResponseTopic{Partitions: []metadata.ResponsePartition{partition(1), partition(-1)}}, []Outcome{Failed}},
		"another error":                {metadata.ResponseTopic{ErrorCode: int16(kafkago.InvalidTopic)}, []Outcome{Failed}},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			c.topic.Name = "t"
			r := &run{Plan: Plan{Topics: []string{"t"}}}
			r.topics(&metadata.Response{Topics: []metadata.ResponseTopic{c.topic}})
			var got []Outcome
			for _, result := range r.results {
				got = append(got, result.Outcome)
				is.Equal(result.Outcome == Failed, result.Remedy != "")
			}
			is.Equal(got, c.want)
		})
	}
}
