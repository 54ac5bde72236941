package group

import (
	"context"
	"errors"
	"fmt"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol/describegroups"

	"github.com/conduitio/conduit-connector-kafka/internal/acl"
	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/wire"
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

// Describe asks the coordinator of a group for its members, of either protocol.
func Describe(ctx context.Context, client *cluster.Client, group string) (Description, error) {
	d, err := describe(ctx, client, group)
	forgetUnfit(client, group, err)
	if err != nil {
		return d, fmt.Errorf("describe group %q: %w", group, client.Explain(err, acl.Right{Operation: "Describe", Resource: "group", Names: []string{group}}))
	}
	return d, nil
}

func describe(ctx context.Context, client *cluster.Client, group string) (Description, error) {
	conn, err := coordinator(ctx, client, group, cluster.Control)
	if err != nil {
		return Description{}, err
	}
	d, err := describeClassic(ctx, conn, group)
	if errors.Is(err, kafkago.GroupIdNotFound) {
		d, err = Description{State: dead}, nil
	}
	if err != nil || len(d.Members) > 0 {
		return d, err
	}
	// So a coordinator describes a group whose members speak the protocol of KIP-848.
	newer, err := describeConsumer(ctx, conn, group)
	if newer.State != dead {
		d = newer
	}
	return d, err
}

// describeClassic asks for a group of the classic protocol.
func describeClassic(ctx context.Context, conn *wire.Conn, group string) (Description, error) {
	msg, err := conn.RoundTrip(ctx, &describegroups.Request{Groups: []string{group}})
	if err != nil {
		return Description{}, err
	}
	groups := msg.(*describegroups.Response).Groups
	if len(groups) != 1 || groups[0].GroupID != group {
		return Description{}, errors.New("the coordinator's answer does not mention it")
	}
	g := groups[0]
	if err := cluster.CodeError(g.ErrorCode); err != nil {
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
