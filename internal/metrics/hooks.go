package metrics

import (
	"context"
	"errors"
	"time"

	"github.com/segmentio/kafka-go/protocol"

	"github.com/conduitio/conduit-connector-kafka/internal/consumer"
	"github.com/conduitio/conduit-connector-kafka/internal/fetch"
	"github.com/conduitio/conduit-connector-kafka/internal/group"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/produce"
	"github.com/conduitio/conduit-connector-kafka/internal/transact"
	"github.com/conduitio/conduit-connector-kafka/internal/wire"
)

// Read counts what Consumer.Next returned.
func (m *Connector) Read(batches []message.Batch, err error) {
	if m == nil {
		return
	}
	n := 0
	for _, b := range batches {
		n += len(b.Records)
	}
	m.records.Add(float64(n))
	m.Failed(err)
}

// Failed counts an error that Conduit gets.
func (m *Connector) Failed(err error) {
	if m != nil && err != nil && !errors.Is(err, context.Canceled) {
		m.errors.WithLabelValues(kindOf(err)).Inc()
	}
}

// Retried counts an error that another attempt follows.
func (m *Connector) Retried(err error) {
	if m != nil && err != nil && !errors.Is(err, context.Canceled) {
		m.retries.WithLabelValues(kindOf(err)).Inc()
	}
}

// warner is warn and counts: what is warned of is followed by another attempt.
func (m *Connector) warner(warn func(string, error)) func(string, error) {
	return func(msg string, err error) {
		m.Retried(err)
		warn(msg, err)
	}
}

// ConnectionHooks counts the connections to brokers and their requests.
func (m *Connector) ConnectionHooks() wire.Hooks {
	if m == nil {
		return wire.Hooks{}
	}
	return wire.Hooks{
		Dialled: func(err error) {
			if !errors.Is(err, context.Canceled) {
				m.connects.WithLabelValues(resultOf(err)).Inc()
			}
		},
		Answered: func(key protocol.ApiKey, took time.Duration, err error) {
			switch {
			case err == nil:
				m.requests.WithLabelValues(key.String()).Observe(took.Seconds())
			case !errors.Is(err, context.Canceled) && !errors.Is(err, wire.ErrClosed):
				m.requestErrors.WithLabelValues(key.String(), kindOf(err)).Inc()
			}
		},
		Throttled: m.waited,
	}
}

// progressInterval is how old the lag may become while nothing is fetched.
const progressInterval = 5 * time.Second

// HookConsumer puts what counts into a consumer's configuration.
func (m *Connector) HookConsumer(c *consumer.Config) {
	if m == nil {
		return
	}
	c.Group.Warn = m.warner(c.Group.Warn)
	c.Group.Hooks = group.Hooks{
		Joined: m.rebalances.Inc,
		Held:   func(n int) { m.assigned.Set(float64(n)) },
		Lost:   func(n int) { m.lost.Add(float64(n)) },
	}
	c.Fetch.Hooks = fetch.Hooks{
		Fetched: func(n int) { m.bytes.Add(float64(n)) },
		Retried: m.Retried,
	}
	c.Hooks = consumer.Hooks{
		Committed: func(err error) { m.commits.WithLabelValues(resultOf(err)).Inc() },
		Reset:     m.resets.Inc,
	}
	c.ProgressInterval = progressInterval
}

// Watch makes a consumer the one that is asked how far it is.
func (m *Connector) Watch(c *consumer.Consumer) {
	if m != nil {
		m.reader.Store(c)
	}
}

// waited counts a pause that a quota asks for.
func (m *Connector) waited(d time.Duration) { m.throttled.Add(d.Seconds()) }

// HookTransactions counts transactions.
func (m *Connector) HookTransactions(h *transact.Hooks) {
	if m == nil {
		return
	}
	h.Committed = m.transactions.WithLabelValues("committed").Inc
	h.Aborted = m.transactions.WithLabelValues("aborted").Inc
	h.Fenced = m.transactions.WithLabelValues("fenced").Inc
}

// HookProducer puts what counts into a producer's configuration.
func (m *Connector) HookProducer(c *produce.Config) {
	if m == nil {
		return
	}
	c.Warn = m.warner(c.Warn)
	c.Hooks = produce.Hooks{
		Written: func(records, bytes int) {
			m.records.Add(float64(records))
			m.bytes.Add(float64(bytes))
		},
		Throttled: m.waited,
	}
	if drop := c.Dropped; drop != nil {
		c.Dropped = func(message *message.Message, err error) {
			m.dropped.Inc()
			drop(message, err)
		}
	}
}
