package transact

import (
	"context"
	"errors"
	"fmt"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"

	"github.com/conduitio/conduit-connector-kafka/internal/acl"
	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/wire"
)

// Waits before a request is sent again that came too soon after the last transaction: its
// markers take a few milliseconds, and longer where a replica is slow. The waits double, as
// brokers that are asked all the time are slower to write markers.
const (
	shortWait = time.Millisecond
	longWait  = 20 * time.Millisecond
)

// reminder is how often it is said that the end of the last transaction is waited for.
const reminder = 5 * time.Second

// newTopicTries are retries, in a second or so, after which a topic that the coordinator does
// not know has hardly just been created.
const newTopicTries = 7

// do sends a request to the coordinator until that has carried it out or refused it, or
// until ctx ends. code returns the error code of an answer.
func (s *Session) do(ctx context.Context, req protocol.Message, code func(protocol.Message) int16) (protocol.Message, error) {
	retry, soon := cluster.NewRetry(10*time.Millisecond, time.Second), cluster.NewSteadyRetry(shortWait, longWait)
	said := time.Now()
	for tries := 0; ; tries++ {
		s.mu.Lock()
		fenced := s.fenced
		s.mu.Unlock()
		if fenced != nil {
			return nil, fenced
		}
		msg, err := s.ask(ctx, req)
		if err == nil {
			err = cluster.CodeError(code(msg))
		}
		switch {
		case err == nil:
			return msg, nil
		case Fences(err):
			return nil, s.fence(err)
		case !cluster.Retriable(err):
			return nil, s.explain(err)
		case errors.Is(err, kafkago.UnknownTopicOrPartition) && tries >= newTopicTries:
			return nil, err // who has named it may ask whether it is gone
		case errors.Is(err, kafkago.ConcurrentTransactions):
			if time.Since(said) >= reminder {
				s.cfg.Warn(fmt.Sprintf("wait for the end of the last transaction of transactional ID %q, which a partition without a leader holds up", s.cfg.ID), err)
				said = time.Now()
			}
			if !soon.Wait(ctx) {
				return nil, err
			}
			continue
		case errors.Is(err, kafkago.NotCoordinatorForGroup) || errors.Is(err, kafkago.GroupCoordinatorNotAvailable) || !coded(err):
			s.forget()
		}
		if ctx.Err() != nil {
			return nil, err
		}
		if tries > 0 {
			s.cfg.Warn(fmt.Sprintf("ask the coordinator of transactional ID %q, trying again", s.cfg.ID), err)
		}
		if !retry.Wait(ctx) {
			return nil, err
		}
	}
}

// coded reports whether an error is a broker's answer.
func coded(err error) bool { return errors.As(err, new(kafkago.Error)) }

// ask sends a request once.
func (s *Session) ask(ctx context.Context, req protocol.Message) (protocol.Message, error) {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.RequestTimeout)
	defer cancel()
	conn, err := s.connect(ctx)
	if err != nil {
		return nil, err
	}
	msg, err := conn.RoundTrip(ctx, req)
	if err != nil {
		s.mu.Lock()
		s.unclear = true
		s.mu.Unlock()
	}
	return msg, err
}

// connect returns a connection to the coordinator.
func (s *Session) connect(ctx context.Context) (*wire.Conn, error) {
	s.mu.Lock()
	node := s.node
	s.mu.Unlock()
	if node < 0 {
		var err error
		if node, err = s.client.TransactionCoordinator(ctx, s.cfg.ID, acl.OnTransactionalIDs(s.cfg.All...)); err != nil {
			return nil, err
		}
		s.mu.Lock()
		s.node = node
		s.mu.Unlock()
	}
	return s.client.Broker(ctx, node, cluster.Transaction)
}

func (s *Session) forget() {
	s.mu.Lock()
	s.node = -1
	s.mu.Unlock()
}

// explain says what can be done about what a broker refuses.
func (s *Session) explain(err error) error {
	switch {
	case errors.Is(err, kafkago.TransactionalIDAuthorizationFailed):
		return s.client.Explain(err, acl.OnTransactionalIDs(s.cfg.All...))
	case errors.Is(err, kafkago.InvalidTransactionTimeout):
		return fmt.Errorf("a transaction may last for deliveryTimeout and outageTimeout, with some seconds more (%s), which is longer than transaction.max.timeout.ms of the brokers allows: lower outageTimeout, or raise that: %w", s.cfg.Timeout, err)
	}
	return err
}
