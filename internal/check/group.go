package check

import (
	"context"
	"errors"
	"fmt"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol/metadata"

	"github.com/conduitio/conduit-connector-kafka/internal/acl"
	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/group"
)

// group finds out whether this client may be a member.
func (r *run) group(ctx context.Context, client *cluster.Client, m *metadata.Response) {
	ctx, cancel := context.WithTimeout(ctx, r.Connection.RequestTimeout)
	defer cancel()
	node, err := cluster.WhileRetriable(ctx, patience, func(ctx context.Context) (int32, error) { return client.Coordinator(ctx, r.Group) })
	if err != nil {
		r.groupFailed("coordinator", "Describe", err)
		return
	}
	r.ok("coordinator", r.Group, fmt.Sprintf("broker %d", node))

	classic, byServer := r.probe(ctx, client, group.Probe), r.probe(ctx, client, group.ProbeServer)
	err = classic
	if r.Protocol == group.Consumer {
		err = byServer
	}
	switch {
	case group.Unoffered(err):
		r.fail("group", r.Group, err.Error(), "set groupProtocol to classic, or see group.coordinator.rebalance.protocols of the brokers")
		return
	case err != nil:
		r.groupFailed("group", "Read", err)
		return
	}
	protocols := "classic"
	if byServer == nil {
		protocols += " or consumer"
	}
	r.ok("group", r.Group, "this client may be a member, by protocol "+protocols)
	r.offsets(ctx, client, m)
}

func (r *run) probe(ctx context.Context, client *cluster.Client, probe func(context.Context, *cluster.Client, string) error) error {
	_, err := cluster.WhileRetriable(ctx, patience, func(ctx context.Context) (struct{}, error) { return struct{}{}, probe(ctx, client, r.Group) })
	return err
}

func (r *run) groupFailed(step, operation string, err error) {
	if errors.Is(err, kafkago.GroupAuthorizationFailed) {
		r.fail(step, r.Group, err.Error(), r.allow(acl.Right{Operation: operation, Resource: "group", Names: []string{r.Group}}))
		return
	}
	r.fail(step, r.Group, err.Error(), "look into the log of the brokers, and at the group: "+r.command("kafka-consumer-groups.sh", "--describe", "--group", r.Group))
}

// offsets reports for how many partitions the group has committed.
func (r *run) offsets(ctx context.Context, client *cluster.Client, m *metadata.Response) {
	all := group.Partitions{}
	for _, t := range m.Topics {
		for _, p := range t.Partitions {
			all[t.Name] = append(all[t.Name], p.PartitionIndex)
		}
	}
	if all.Len() == 0 {
		r.skip("offsets", r.Group, "there are no partitions to read")
		return
	}
	committed, err := group.NewMember(client, group.Config{GroupID: r.Group}, nil).Committed(ctx, all)
	if err != nil && !errors.Is(err, kafkago.GroupIdNotFound) { // nobody was ever in it
		r.groupFailed("offsets", "Describe", err)
		return
	}
	n := 0
	for _, partitions := range committed {
		for _, o := range partitions {
			if o.At >= 0 {
				n++
			}
		}
	}
	r.ok("offsets", r.Group, fmt.Sprintf("committed for %d of %s", n, plural(all.Len(), "partition")))
}

// patience is how long errors are waited out that pass, such as those of a cluster
// that has just been started.
const patience = 5 * time.Second
