package check

import (
	"context"
	"errors"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/internal/acl"
	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/transact"
)

// transactionalID tries whether the login may use it, and leaves alone who does.
func (r *run) transactionalID(ctx context.Context, client *cluster.Client) {
	const step = "transactional ID"
	ctx, cancel := context.WithTimeout(ctx, r.Connection.RequestTimeout)
	defer cancel()
	_, err := cluster.WhileRetriable(ctx, patience, func() (struct{}, error) {
		return struct{}{}, transact.Probe(ctx, client, r.TransactionalID)
	})
	switch {
	case errors.Is(err, kafkago.TransactionalIDAuthorizationFailed):
		r.fail(step, r.TransactionalID, err.Error(), r.allow(acl.OnTransactionalID(r.TransactionalID)))
	case err != nil:
		r.fail(step, r.TransactionalID, err.Error(), "look into the log of the brokers; a transaction coordinator is needed unless exactlyOnce is false")
	default:
		r.ok(step, r.TransactionalID, "")
	}
}
