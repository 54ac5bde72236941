package kclient

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// OffersConsumerGroups reports whether brokers have groups in which the coordinator
// assigns (KIP-848), and all that a member of one asks for, as from Kafka 4.0 on.
func (c *Client) OffersConsumerGroups(ctx context.Context) bool {
	req := kmsg.NewPtrApiVersionsRequest()
	req.ClientSoftwareName, req.ClientSoftwareVersion = "test", "0"
	res, err := req.RequestWith(ctx, c.kgo)
	if err != nil {
		return false
	}
	last := make(map[int16]int16)
	for _, k := range res.ApiKeys {
		last[k.ApiKey] = k.MaxVersion
	}
	return last[kmsg.ConsumerGroupHeartbeat.Int16()] >= 1 && last[kmsg.OffsetCommit.Int16()] >= 9 &&
		last[kmsg.OffsetFetch.Int16()] >= 9 && last[kmsg.Metadata.Int16()] >= 11
}

// MemberContext returns the context of a franz-go client that is a member of a group by a
// protocol, classic or consumer (kgo.WithContext): in the latter the coordinator assigns.
func MemberContext(ctx context.Context, protocol string) context.Context {
	if protocol != "consumer" {
		return ctx
	}
	return context.WithValue(ctx, "opt_in_kafka_next_gen_balancer_beta", true) //nolint:revive,staticcheck // the client's key is a string
}

// ConsumerGroup is Group for one in which the coordinator assigns.
func (c *Client) ConsumerGroup(ctx context.Context, group string) (state string, members int, err error) {
	req := kmsg.NewPtrConsumerGroupDescribeRequest()
	req.Groups = append(req.Groups, group)
	resp, err := askCoordinator(ctx, c, req, func(r *kmsg.ConsumerGroupDescribeResponse) int16 {
		return r.Groups[0].ErrorCode
	})
	if err != nil {
		return "", 0, fmt.Errorf("describe group %s: %w", group, err)
	}
	return resp.Groups[0].State, len(resp.Groups[0].Members), nil
}
