package exactlyonce

import (
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

func TestWriterSaysWhatIsMissingWhenItOpens(t *testing.T) {
	for name, c := range map[string]struct {
		key  kmsg.Key
		err  *kerr.Error
		says string
	}{
		"the transactional ID, at once": {kmsg.FindCoordinator, kerr.TransactionalIDAuthorizationFailed, "--operation Write --transactional-id me"},
		"the transactional ID, later":   {kmsg.InitProducerID, kerr.TransactionalIDAuthorizationFailed, "--operation Write --transactional-id me"},
		"time":                          {kmsg.InitProducerID, kerr.InvalidTransactionTimeout, "transaction.max.timeout.ms"},
		"the progress topic":            {kmsg.ListOffsets, kerr.TopicAuthorizationFailed, "--operation Read --topic progress-me"},
		"creating the progress topic":   {kmsg.CreateTopics, kerr.TopicAuthorizationFailed, "--operation Create --topic progress-me"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			embedded.Answer(w.fake, c.key, func(req kmsg.Request) kmsg.Response { return embedded.Refusal(req, c.err.Code) })
			err := w.create(w.id).Open(w.ctx)
			w.True(err != nil)
			if !strings.Contains(err.Error(), c.says) {
				t.Fatalf("the error is %q", err)
			}
		})
	}
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
