package progress

import (
	"context"
	"fmt"
	"strings"

	"github.com/segmentio/kafka-go/protocol/describeconfigs"

	"github.com/conduitio/conduit-connector-kafka/internal/acl"
	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
)

const cleanupPolicy = "cleanup.policy"

// compacted returns an error if brokers delete progress that is old: that of a partition to
// which nothing is written for long would be unknown. If they don't say, it warns.
func (t *Topic) compacted(ctx context.Context) error {
	policy, err := t.policy(ctx)
	if err != nil {
		t.Warn(fmt.Sprintf("ask whether progress topic %q is compacted", t.Name), t.Client.Explain(err, acl.OnTopics("DescribeConfigs", t.Name)))
		return nil
	}
	if !strings.Contains(policy, "delete") {
		return nil
	}
	return fmt.Errorf("progress topic %q has the %s %q, with which brokers delete progress: have it compacted only: %s", t.Name, cleanupPolicy, policy,
		t.Client.Command("kafka-configs.sh", "--alter", "--entity-type", "topics", "--entity-name", t.Name, "--add-config", cleanupPolicy+"=compact"))
}

func (t *Topic) policy(ctx context.Context) (string, error) {
	const ofTopic = 2
	msg, err := t.Client.Controller(ctx, &describeconfigs.Request{Resources: []describeconfigs.RequestResource{{
		ResourceType: ofTopic, ResourceName: t.Name, ConfigNames: []string{cleanupPolicy},
	}}})
	if err != nil {
		return "", err
	}
	for _, r := range msg.(*describeconfigs.Response).Resources {
		if err := cluster.CodeError(r.ErrorCode); err != nil {
			return "", err
		}
		for _, e := range r.ConfigEntries {
			if e.ConfigName == cleanupPolicy {
				return e.ConfigValue, nil
			}
		}
	}
	return "", fmt.Errorf("the broker's answer has no %s", cleanupPolicy)
}
