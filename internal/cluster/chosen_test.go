package cluster

import (
	"strings"
	"testing"

	"github.com/matryer/is"
	kafkago "github.com/segmentio/kafka-go"
)

func TestChosenTopicsAreThoseNamedAndThoseThatMatch(t *testing.T) {
	is := is.New(t)
	all := make(map[string]Topic)
	for _, topic := range []Topic{{Name: "a"}, {Name: "b"}, {Name: "b.internal", Internal: true}, {Name: "b.gone", Err: kafkago.UnknownTopicOrPartition}, {Name: "b.refused", Err: kafkago.TopicAuthorizationFailed}} {
		all[topic.Name] = topic
	}
	b := func(name string) bool { return strings.HasPrefix(name, "b") }
	is.Equal(Chosen(all, []string{"z", "b"}, b), []string{"b", "b.refused", "z"})
	is.Equal(Chosen(all, []string{"b.internal"}, b), []string{"b", "b.internal", "b.refused"}) // by its name
	is.Equal(Chosen(all, []string{"z", "a"}, nil), []string{"a", "z"})
	is.True(all["b.internal"].Chosen([]string{"b.internal"}, nil))
	is.True(!all["b.internal"].Chosen(nil, b))
	is.True(!all["a"].Chosen(nil, b))
}
