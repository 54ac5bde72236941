package kafka

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"time"

	sdk "github.com/conduitio/conduit-connector-sdk"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/exactlyonce"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/metrics"
	"github.com/conduitio/conduit-connector-kafka/internal/produce"
	"github.com/conduitio/conduit-connector-kafka/internal/setting"
)

// checkExactlyOnce reports settings with which a record can't be written exactly once.
func (c *DestinationConfig) checkExactlyOnce(acks produce.Acks) error {
	if !c.ExactlyOnce {
		var errs []error
		for _, s := range []struct{ name, value string }{{"transactionalID", c.TransactionalID}, {"progressTopic", c.ProgressTopic}} {
			if s.value != "" {
				errs = append(errs, setting.Invalid(s.name, "it is of no use while exactlyOnce is off", ""))
			}
		}
		return errors.Join(errs...)
	}
	var errs []error
	if acks != produce.AcksAll {
		errs = append(errs, setting.Invalid("exactlyOnce", fmt.Sprintf("true needs acks all, and acks is %s: leave acks out", c.Acks), ""))
	}
	if c.Idempotent != nil && !*c.Idempotent {
		errs = append(errs, setting.Invalid("exactlyOnce", "true needs idempotent, which is false: leave idempotent out", ""))
	}
	if c.DeliveryTimeout == 0 {
		errs = append(errs, setting.Invalid("exactlyOnce", "true needs a limit to how long a transaction is open, and deliveryTimeout is 0s (no limit)", ""))
	}
	if c.ProgressTopic != "" {
		errs = append(errs, setting.Topic("progressTopic", c.ProgressTopic))
	}
	return errors.Join(errs...)
}

// transactionRoom is how much longer than a Write a transaction may be open: a coordinator
// that ended one sooner would end a Write that is still in time.
const transactionRoom = 20 * time.Second

// noTopicName are the characters that names of topics can't have.
var noTopicName = regexp.MustCompile(`[^A-Za-z0-9._-]`)

// exactlyOnce is what the settings say about writing exactly once.
func (c *DestinationConfig) exactlyOnce(ctx context.Context, cfg produce.Config) (exactlyonce.Config, error) {
	transactionalID := cmp.Or(c.TransactionalID, sdk.ConnectorIDFromContext(ctx))
	if transactionalID == "" {
		return exactlyonce.Config{}, setting.Invalid("transactionalID", "exactlyOnce needs it here, as Conduit has given the connector no ID", "orders-copy")
	}
	limit := c.DeliveryTimeout + c.OutageTimeout
	return exactlyonce.Config{
		ID: c.Topic, TransactionalID: transactionalID, Topic: c.progressTopic(ctx), ReplicationFactor: c.TopicReplicationFactor,
		Shared: c.sharesProgress(),
		Limit:  limit, TransactionTimeout: limit + transactionRoom,
		Origin: new(origins).find, Produce: cfg,
	}, nil
}

// sharesProgress reports whether other processes may keep progress in the same topic: those
// that share a group have to set one of these at least.
func (c *DestinationConfig) sharesProgress() bool {
	return c.TransactionalID != "" || c.ProgressTopic != ""
}

// progressTopic is where progress is kept; "" with exactlyOnce off, or if nothing says yet.
func (c *DestinationConfig) progressTopic(ctx context.Context) string {
	id := cmp.Or(sdk.ConnectorIDFromContext(ctx), c.TransactionalID)
	switch {
	case !c.ExactlyOnce:
		return ""
	case c.ProgressTopic == "" && id != "":
		return progressTopic(id)
	}
	return c.ProgressTopic
}

// progressTopic is the default, of the ID of a connector. IDs that differ only in what names
// of topics can't have, or in what is too long for them, have topics that differ.
func progressTopic(id string) string {
	const prefix, longest = "conduit-progress-", 249
	name := prefix + noTopicName.ReplaceAllString(id, "_")
	if name == prefix+id && len(name) <= longest {
		return name
	}
	sum := sha256.Sum256([]byte(id))
	suffix := "-" + hex.EncodeToString(sum[:4])
	return name[:min(len(name), longest-len(suffix))] + suffix
}

// exactProducer is a Producer that writes each record once.
type exactProducer struct {
	client *cluster.Client
	*exactlyonce.Writer
	followingTopics
	partitionMetadata, compression string // settings, which errors name
}

func newExactProducer(ctx context.Context, c DestinationConfig, client *cluster.Client, cfg produce.Config, m *metrics.Connector) (Producer, error) {
	e, err := c.exactlyOnce(ctx, cfg)
	if err != nil {
		client.Close()
		return nil, err
	}
	m.HookTransactions(&e.Hooks)
	p := exactProducer{client, exactlyonce.New(client, e), c.followingTopics(ctx, client, cfg.NewTopics, e.Topic), c.PartitionMetadata, c.Compression}
	if err = p.Open(ctx); err == nil {
		err = p.Try(ctx, c.onlyTopic(), refusedTimeout)
	}
	if err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

// Send is as the Producer's comment says.
func (p exactProducer) Send(ctx context.Context, messages []message.Message) (int, error) {
	n, err := p.Writer.Send(ctx, messages)
	return n, explainProduce(err, p.partitionMetadata, p.compression)
}

// Close ends all connections, and a Send that runs.
func (p exactProducer) Close() error {
	p.Writer.Close()
	p.client.Close()
	return nil
}
