package group

import (
	"context"
	"errors"
	"fmt"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol/describegroups"

	"github.com/conduitio/conduit-connector-kafka/internal/acl"
	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
)

// Description is what the coordinator says of a group.
type Description struct {
	State   string // Stable, Empty, Dead (there is none), …: as Kafka's tools have it
	Members []MemberDescription
}

// MemberDescription is one member of a group.
type MemberDescription struct {
	ID         string
	InstanceID string // "" unless it is static
	ClientID   string
	Host       string
	Partitions Partitions
}

// dead is the state of a group that the coordinator doesn't know.
const dead = "Dead"

// Describe asks a coordinator for the members of a group, of either protocol.
func Describe(ctx context.Context, client *cluster.Client, coordinator int32, group string) (Description, error) {
	d, err := describeClassic(ctx, client, coordinator, group)
	if err == nil && len(d.Members) == 0 {
		// So a coordinator describes a group whose members speak the protocol of KIP-848.
		var newer Description
		if newer, err = describeConsumer(ctx, client, coordinator, group); newer.State != dead {
			d = newer
		}
	}
	if err != nil {
		return d, fmt.Errorf("describe group %q: %w", group, client.Explain(err, acl.Right{Operation: "Describe", Resource: "group", Names: []string{group}}))
	}
	return d, nil
}

func describeClassic(ctx context.Context, client *cluster.Client, coordinator int32, group string) (Description, error) {
	conn, err := client.Broker(ctx, coordinator, cluster.Control)
	if err != nil {
		return Description{}, err
	}
	msg, err := conn.RoundTrip(ctx, &describegroups.Request{Groups: []string{group}})
	if err != nil {
		return Description{}, err
	}
	groups := msg.(*describegroups.Response).Groups
	if len(groups) != 1 || groups[0].GroupID != group {
		return Description{}, errors.New("the coordinator's answer does not mention it")
	}
	g := groups[0]
	switch err := cluster.CodeError(g.ErrorCode); {
	case errors.Is(err, kafkago.GroupIdNotFound):
		return Description{State: dead}, nil
	case err != nil:
		return Description{}, err
	}
	d := Description{State: g.GroupState}
	for _, m := range g.Members {
		p, err := decodeAssignment(m.MemberAssignment)
		if err != nil {
			return Description{}, fmt.Errorf("read the assignment of member %s: %w", m.MemberID, err)
		}
		d.Members = append(d.Members, MemberDescription{m.MemberID, m.GroupInstanceID, m.ClientID, m.ClientHost, p})
	}
	return d, nil
}
