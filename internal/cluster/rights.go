package cluster

import (
	"context"
	"math"

	"github.com/segmentio/kafka-go/protocol/metadata"

	"github.com/conduitio/conduit-connector-kafka/internal/acl"
	"github.com/conduitio/conduit-connector-kafka/internal/wire"
)

// Explain adds to the error of a right that is missing which one it is, and the command
// that grants it. It returns other errors as they are.
func (c *Client) Explain(err error, needed acl.Right) error {
	if c == nil || !acl.Refused(err) {
		return err
	}
	return Admin(c.cfg, c.seeds).Explain(err, needed)
}

// Command is a command of Kafka's for somebody who may change the cluster.
func (c *Client) Command(tool string, arguments ...string) string {
	return Admin(c.cfg, c.seeds).Command(tool, arguments...)
}

// Admin is who may change what the login may do.
func Admin(cfg wire.Config, servers []string) acl.Admin {
	a := acl.Admin{Secure: cfg.TLS != nil || cfg.SASL != nil, Principal: cfg.Principal}
	a.IAM = cfg.SASL != nil && cfg.SASL.Name() == "AWS_MSK_IAM"
	if len(servers) > 0 {
		a.Server = servers[0]
	}
	return a
}

// Operations of Kafka's ACLs, by the bits in which brokers say what is allowed (KIP-430).
const (
	ReadBit            = 3
	WriteBit           = 4
	AlterBit           = 7
	DescribeConfigsBit = 10
	AlterConfigsBit    = 11
)

// untold is what brokers answer that don't know what is allowed (before Kafka 2.3).
const untold = math.MinInt32

// Forbidden lists those of the topics on which the login may not do an operation, by its
// bit, though it may see them. It leaves out topics of which the broker does not say it.
func (c *Client) Forbidden(ctx context.Context, names []string, bit int) ([]string, error) {
	if len(names) == 0 {
		return nil, nil
	}
	m, _, err := c.AskAny(ctx, &metadata.Request{TopicNames: names, IncludeTopicAuthorizedOperations: true})
	if err != nil {
		return nil, err
	}
	var out []string
	for _, t := range m.(*metadata.Response).Topics {
		if may := t.TopicAuthorizedOperations; t.ErrorCode == 0 && may != untold && may != 0 && may&(1<<bit) == 0 {
			out = append(out, t.Name)
		}
	}
	return out, nil
}
