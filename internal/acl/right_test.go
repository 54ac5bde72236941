package acl

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/matryer/is"
	kafkago "github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

func TestMissingErrorNamesTheRightAndTheCommand(t *testing.T) {
	is := is.New(t)
	a := Admin{Server: "b:9092", Principal: "User:alice"}
	refused := fmt.Errorf("write: %w", kafkago.TopicAuthorizationFailed)
	err := a.Explain(refused, OnTopics("Write", "a", "b"))
	is.True(errors.Is(err, kafkago.TopicAuthorizationFailed))
	is.Equal(err.Error(), `the login lacks Write on topic "a", "b", or an ACL denies it: `+refused.Error()+
		": to grant it: kafka-acls.sh --bootstrap-server b:9092 --add --allow-principal User:alice --operation Write --topic a --topic b")
	is.Equal(a.Explain(err, OnGroup("g")), err) // it is explained already

	other := errors.New("other")
	is.Equal(a.Explain(other, OnGroup("g")), other)
	is.NoErr(a.Explain(nil, OnGroup("g")))
}

func TestMissingErrorListsFewOfManyNames(t *testing.T) {
	is := is.New(t)
	names := make([]string, 1000)
	for i := range names {
		names[i] = fmt.Sprint("topic-", i)
	}
	text := Admin{}.Explain(kafkago.TopicAuthorizationFailed, OnTopics("Read", names...)).Error()
	expect.Text(t, text, `"topic-9" and 990 more`)
	is.True(!strings.Contains(text, "topic-10"))
}

func TestMissingErrorNamesActionsWherePoliciesDecide(t *testing.T) {
	is := is.New(t)
	for _, r := range []Right{OnTopics("Describe", "t"), OnTopics("Read", "t"), OnTopics("Write", "t"), OnTopics("Create", "t"), OnGroup("g"), OnCluster("IdempotentWrite")} {
		text := Admin{IAM: true}.Explain(kafkago.TopicAuthorizationFailed, r).Error()
		expect.Text(t, text, "kafka-cluster:")
		is.True(!strings.Contains(text, "kafka-acls"))
	}
}
