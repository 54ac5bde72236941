package cluster

import (
	"context"
	"errors"
	"iter"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/internal/wire"
)

// errUnmentioned is the error of a question that an answer is silent about.
var errUnmentioned = errors.New("the broker's answer does not mention it")

// partitionKey names a partition.
type partitionKey struct {
	topic string
	id    int32
}

// question is one about a partition, which its leader answers.
type question[Q any] struct {
	query Q
	partitionKey
	epoch int32 // of the leader, as metadata has it
}

// request names the n-th of those that a node gets.
type request struct {
	node int32
	n    int
}

// plan divides queries into what goes in one request: by leader, and the same partition
// once, since brokers refuse a request that names one twice. It returns those whose
// partition has no leader as well.
func plan[Q any](c *Client, queries []Q, of func(Q) partitionKey) (requests map[request][]question[Q], leaderless []Q) {
	requests = make(map[request][]question[Q])
	topics := make(map[string]Topic)
	asked := make(map[partitionKey]int)
	for _, query := range queries {
		k := of(query)
		t, ok := topics[k.topic]
		if !ok {
			t, _ = c.Cached(k.topic)
			topics[k.topic] = t
		}
		p, ok := t.Partition(k.id)
		if !ok || p.Leader < 0 {
			leaderless = append(leaderless, query)
			continue
		}
		r := request{p.Leader, asked[k]}
		asked[k]++
		requests[r] = append(requests[r], question[Q]{query, k, p.LeaderEpoch})
	}
	return requests, leaderless
}

// askLeaders asks the leaders of partitions, all at the same time, and gives found what
// ask makes of each answer, or what failed makes of each query in it. First come the
// queries whose partition has no leader.
func askLeaders[Q, A any](ctx context.Context, c *Client, queries []Q, of func(Q) partitionKey,
	ask func(context.Context, *wire.Conn, []question[Q]) ([]A, error), failed func(Q, error) A, found func([]A),
) {
	requests, leaderless := plan(c, queries, of)
	if len(leaderless) > 0 {
		out := make([]A, len(leaderless))
		for i, q := range leaderless {
			out[i] = failed(q, kafkago.LeaderNotAvailable)
		}
		found(out)
	}
	answers := make(chan []A)
	for r, questions := range requests {
		go func() {
			out, err := askLeader(ctx, c, r.node, questions, ask)
			if err != nil {
				out = nil
				for _, q := range questions {
					out = append(out, failed(q.query, err))
				}
			}
			answers <- out
		}()
	}
	for range requests {
		found(<-answers)
	}
}

func askLeader[Q, A any](ctx context.Context, c *Client, node int32, questions []question[Q], ask func(context.Context, *wire.Conn, []question[Q]) ([]A, error)) (out []A, err error) {
	c.whileLeader(ctx, node, 0, partitionsOf(questions), func(ctx context.Context) {
		var conn *wire.Conn
		if conn, err = c.Broker(ctx, node, Control); err == nil {
			out, err = ask(ctx, conn, questions)
		}
	})
	if err != nil && ctx.Err() == nil && Retriable(err) {
		c.Doubt(node)
	}
	return out, err
}

func partitionsOf[Q any](questions []question[Q]) iter.Seq2[string, int32] {
	return func(yield func(string, int32) bool) {
		for _, q := range questions {
			if !yield(q.topic, q.id) {
				return
			}
		}
	}
}

// byTopic builds the topics of a request, and in them its partitions, as the message
// has them.
func byTopic[Q, T any](questions []question[Q], topic func(string) T, add func(*T, question[Q])) []T {
	var out []T
	at := make(map[string]int)
	for _, q := range questions {
		i, ok := at[q.topic]
		if !ok {
			i = len(out)
			at[q.topic] = i
			out = append(out, topic(q.topic))
		}
		add(&out[i], q)
	}
	return out
}
