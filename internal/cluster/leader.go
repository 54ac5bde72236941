package cluster

import (
	"context"
	"iter"
	"time"

	"github.com/segmentio/kafka-go/protocol"

	"github.com/conduitio/conduit-connector-kafka/internal/wire"
)

// doubtDelay is how long a leader may stay silent before others are asked whether
// it still is one.
const doubtDelay = 2 * time.Second

// errDeposed ends a wait for the answer of a broker.
var errDeposed = &wire.GiveUp{Why: "other brokers lead its partitions by now"}

// AskLeader sends a request to the broker that leads partitions, given as topics and
// partition IDs, and returns the raw answer as [wire.Conn.Frame] does, with the same
// meaning of wait.
//
// A broker that is frozen or cut off says nothing and keeps its connections open. The
// rest of the cluster gives it up sooner (broker.session.timeout.ms, 9s) than most
// request timeouts end. So while it is silent others are asked who leads its
// partitions, and once it leads none of them its connection ends with a
// *wire.TimeoutError.
func (c *Client) AskLeader(ctx context.Context, node int32, conn *wire.Conn, req protocol.Message, wait time.Duration, partitions iter.Seq2[string, int32]) (frame []byte, err error) {
	c.whileLeader(ctx, node, wait, partitions, func(ctx context.Context) {
		frame, err = conn.Frame(ctx, req, wait)
	})
	return frame, err
}

// whileLeader runs something that a broker is waited for in. Where that takes longer
// than wait and two seconds, and no partition is led by the broker any more, its
// context is cancelled with errDeposed as the cause.
func (c *Client) whileLeader(ctx context.Context, node int32, wait time.Duration, partitions iter.Seq2[string, int32], run func(context.Context)) {
	ctx, cancel := context.WithCancelCause(ctx)
	done := make(chan struct{})
	doubt := time.AfterFunc(wait+doubtDelay, func() {
		defer close(done)
		if c.deposed(ctx, node, partitions) {
			cancel(errDeposed)
		}
	})
	run(ctx)
	cancel(nil)
	if !doubt.Stop() {
		<-done
	}
}

// deposed asks other brokers until none of the partitions is led by node any more. It
// returns false if ctx ends first.
func (c *Client) deposed(ctx context.Context, node int32, partitions iter.Seq2[string, int32]) bool {
	var names []string
	seen := make(map[string]bool)
	for topic := range partitions {
		if !seen[topic] {
			seen[topic] = true
			names = append(names, topic)
		}
	}
	if len(names) == 0 {
		return false
	}
	retry := NewRetry(250*time.Millisecond, time.Second)
	for {
		c.Doubt(node)
		topics, err := c.Refresh(ctx, names)
		if err == nil && !leads(node, topics, partitions) {
			return true
		}
		if !retry.Wait(ctx) {
			return false
		}
	}
}

// leads reports whether a broker leads one of the partitions. One that metadata does
// not list may come back to it.
func leads(node int32, topics map[string]Topic, partitions iter.Seq2[string, int32]) bool {
	for topic, id := range partitions {
		if p, ok := topics[topic].Partition(id); !ok || p.Leader == node {
			return true
		}
	}
	return false
}
