package exactlyonce

import (
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

func TestWriterSaysWhatIsMissingWhenItOpens(t *testing.T) {
	for name, c := range map[string]struct {
		request kmsg.Request
		err     *kerr.Error
		says    string
	}{
		"the transactional ID, at once": {kmsg.NewPtrFindCoordinatorRequest(), kerr.TransactionalIDAuthorizationFailed, "--operation Write --transactional-id me"},
		"the transactional ID, later":   {kmsg.NewPtrInitProducerIDRequest(), kerr.TransactionalIDAuthorizationFailed, "--operation Write --transactional-id me"},
		"time":                          {kmsg.NewPtrInitProducerIDRequest(), kerr.InvalidTransactionTimeout, "transaction.max.timeout.ms"},
		"the progress topic":            {kmsg.NewPtrListOffsetsRequest(), kerr.TopicAuthorizationFailed, "--operation Read --topic progress-me"},
		"creating the progress topic":   {kmsg.NewPtrCreateTopicsRequest(), kerr.TopicAuthorizationFailed, "--operation Create --topic progress-me"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.fake.ControlKey(c.request.Key(), func(req kmsg.Request) (kmsg.Response, error, bool) {
				w.fake.KeepControl()
				return refuse(req, c.err.Code), nil, true
			})
			err := w.create(w.id).Open(w.ctx)
			w.True(err != nil)
			if !strings.Contains(err.Error(), c.says) {
				t.Fatalf("the error is %q", err)
			}
		})
	}
}

// refuse is an answer with an error code.
func refuse(req kmsg.Request, code int16) kmsg.Response {
	res := req.ResponseKind()
	switch r := req.(type) {
	case *kmsg.FindCoordinatorRequest:
		res.(*kmsg.FindCoordinatorResponse).ErrorCode = code
	case *kmsg.InitProducerIDRequest:
		res.(*kmsg.InitProducerIDResponse).ErrorCode = code
	case *kmsg.ListOffsetsRequest:
		for _, t := range r.Topics {
			of := kmsg.NewListOffsetsResponseTopic()
			of.Topic = t.Topic
			for _, p := range t.Partitions {
				at := kmsg.NewListOffsetsResponseTopicPartition()
				at.Partition, at.ErrorCode = p.Partition, code
				of.Partitions = append(of.Partitions, at)
			}
			res.(*kmsg.ListOffsetsResponse).Topics = append(res.(*kmsg.ListOffsetsResponse).Topics, of)
		}
	case *kmsg.CreateTopicsRequest:
		for _, t := range r.Topics {
			of := kmsg.NewCreateTopicsResponseTopic()
			of.Topic, of.ErrorCode = t.Topic, code
			res.(*kmsg.CreateTopicsResponse).Topics = append(res.(*kmsg.CreateTopicsResponse).Topics, of)
		}
	}
	return res
}

func TestWriterRefusesAProgressTopicThatIsDeletedFrom(t *testing.T) {
	for policy, wrong := range map[string]bool{"delete": true, "compact,delete": true, "compact": false} {
		w := newWorld(t)
		w.NoErr(w.truth.CreateTopic(w.ctx, "progress-me", 1, map[string]string{"cleanup.policy": policy}))
		err := w.create(w.id).Open(w.ctx)
		w.Equal(err != nil, wrong)
		if wrong && !strings.Contains(err.Error(), "--entity-name progress-me --add-config cleanup.policy=compact") {
			t.Fatalf("the error is %q", err)
		}
	}
}
