package check

import (
	"context"
	"errors"
	"fmt"
	"slices"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol/metadata"

	"github.com/conduitio/conduit-connector-kafka/internal/acl"
	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/progress"
	"github.com/conduitio/conduit-connector-kafka/internal/transact"
)

// transactionalIDs tries whether the login may use them, and leaves alone who does.
func (r *run) transactionalIDs(ctx context.Context, client *cluster.Client) {
	for _, id := range r.TransactionalIDs {
		r.transactionalID(ctx, client, id)
	}
}

func (r *run) transactionalID(ctx context.Context, client *cluster.Client, id string) {
	const step = "transactional ID"
	ctx, cancel := context.WithTimeout(ctx, r.Connection.RequestTimeout)
	defer cancel()
	_, err := cluster.WhileRetriable(ctx, patience, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, transact.Probe(ctx, client, id, r.TransactionalIDs)
	})
	switch {
	case errors.Is(err, kafkago.TransactionalIDAuthorizationFailed):
		r.fail(step, id, err.Error(), r.allow(acl.OnTransactionalIDs(r.TransactionalIDs...)))
	case err != nil:
		r.fail(step, id, err.Error(), "look into the log of the brokers; a transaction coordinator is needed unless exactlyOnce is false")
	default:
		r.ok(step, id, "")
	}
}

// progressTopic looks whether brokers delete progress. A topic that is missing is created
// rightly.
func (r *run) progressTopic(ctx context.Context, client *cluster.Client, m *metadata.Response) {
	const step = "progress topic"
	there := slices.ContainsFunc(m.Topics, func(t metadata.ResponseTopic) bool { return t.Name == r.ProgressTopic && t.ErrorCode == 0 })
	if !there {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, r.Connection.RequestTimeout)
	defer cancel()
	_, err := cluster.WhileRetriable(ctx, patience, func(ctx context.Context) (struct{}, error) {
		if _, err := client.Refresh(ctx, []string{r.ProgressTopic}); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, progress.Policy(ctx, client, r.ProgressTopic)
	})
	var wrong *progress.PolicyError
	switch {
	case errors.As(err, &wrong):
		r.fail(step, r.ProgressTopic, fmt.Sprintf("its cleanup.policy is %q, and must be compact: brokers would delete progress, or keep all of it", wrong.Policy), wrong.Remedy)
	case err != nil: // Open warns
		r.skip(step, r.ProgressTopic, "whether it is compacted is not known: "+err.Error())
	default:
		r.ok(step, r.ProgressTopic, "compacted")
	}
}
