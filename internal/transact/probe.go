package transact

import (
	"context"
	"errors"
	"fmt"
	"math"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol/endtxn"

	"github.com/conduitio/conduit-connector-kafka/internal/acl"
	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
)

// Probe returns an error if the login may not use a transactional ID, which names the right
// that is needed for all that the process uses. It asks for the end of
// a transaction of a producer that can't exist, so that nothing changes.
func Probe(ctx context.Context, client *cluster.Client, id string, all []string) error {
	node, err := client.TransactionCoordinator(ctx, id, acl.OnTransactionalIDs(all...))
	if err != nil {
		return err
	}
	conn, err := client.Broker(ctx, node, cluster.Transaction)
	if err != nil {
		return err
	}
	msg, err := conn.RoundTrip(ctx, &endtxn.Request{TransactionalID: id, ProducerID: math.MaxInt64})
	if err != nil {
		return err
	}
	err = cluster.CodeError(msg.(*endtxn.Response).ErrorCode)
	switch {
	case errors.Is(err, kafkago.TransactionalIDAuthorizationFailed):
		return fmt.Errorf("use transactional ID %q: %w", id, client.Explain(err, acl.OnTransactionalIDs(all...)))
	case cluster.Retriable(err):
		return err
	}
	return nil // it knows no such producer
}
