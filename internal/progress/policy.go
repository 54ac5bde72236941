package progress

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/segmentio/kafka-go/protocol/describeconfigs"

	"github.com/conduitio/conduit-connector-kafka/internal/acl"
	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
)

const cleanupPolicy = "cleanup.policy"

// PolicyError says that brokers delete progress that is old, or keep all that was ever
// written. Without the progress of a partition to which nothing is written for long, what was
// written would be unknown.
type PolicyError struct {
	Topic, Policy string
	Remedy        string // a command
}

func (e *PolicyError) Error() string {
	return fmt.Sprintf("progress topic %q has the %s %q, with which brokers delete progress, or never compact it: have it compacted only: %s", e.Topic, cleanupPolicy, e.Policy, e.Remedy)
}

// Policy returns a *PolicyError if a topic is not compacted only, or another error if that is
// not known.
func Policy(ctx context.Context, client *cluster.Client, topic string) error {
	policy, err := policyOf(ctx, client, topic)
	if err != nil {
		return client.Explain(err, acl.OnTopics("DescribeConfigs", topic))
	}
	parts := strings.Split(policy, ",")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	if slices.Contains(parts, "compact") && !slices.Contains(parts, "delete") {
		return nil
	}
	return &PolicyError{topic, policy, client.Command("kafka-configs.sh", "--alter", "--entity-type", "topics", "--entity-name", topic, "--add-config", cleanupPolicy+"=compact")}
}

// compacted returns a *PolicyError, or nil. If brokers don't say, it warns.
func (t *Topic) compacted(ctx context.Context) error {
	err := Policy(ctx, t.Client, t.Name)
	if err != nil && !errors.As(err, new(*PolicyError)) {
		t.Warn(fmt.Sprintf("ask whether progress topic %q is compacted", t.Name), err)
		return nil
	}
	return err
}

func policyOf(ctx context.Context, client *cluster.Client, topic string) (string, error) {
	const ofTopic = 2
	msg, err := client.Controller(ctx, &describeconfigs.Request{Resources: []describeconfigs.RequestResource{{
		ResourceType: ofTopic, ResourceName: topic, ConfigNames: []string{cleanupPolicy},
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
