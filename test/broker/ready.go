package broker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// poll is how long the waits here let pass between two looks.
const poll = 50 * time.Millisecond

// ready waits until every running node serves and knows all running nodes; and,
// when all run, until every replica is in sync.
func (c *Cluster) ready(ctx context.Context) error {
	want := 0
	for _, s := range c.state {
		if s == running {
			want++
		}
	}
	for n, s := range c.state {
		if s != running {
			continue
		}
		if err := c.nodeReady(ctx, n, want); err != nil {
			return fmt.Errorf("wait for node %d: %w\n%s", n, err, c.engine.log(n))
		}
	}
	return nil
}

func (c *Cluster) nodeReady(ctx context.Context, node, want int) error {
	cl, err := kgo.NewClient(
		kgo.SeedBrokers(c.desc.Layout.addr(node, direct)),
		kgo.DialTimeout(5*time.Second),
	)
	if err != nil {
		return err
	}
	defer cl.Close()
	inSync := want == c.desc.Options.Nodes
	for looked := time.Now(); ; {
		err := checkNode(ctx, cl.Broker(node), want, inSync)
		if err == nil {
			return nil
		}
		if time.Since(looked) > time.Second { // asking a container engine is not cheap
			if c.engine.exited(node) {
				return errors.New("it has exited")
			}
			looked = time.Now()
		}
		select {
		case <-ctx.Done():
			return errors.Join(err, ctx.Err())
		case <-time.After(poll):
		}
	}
}

// checkNode returns what a node's metadata still lacks.
func checkNode(ctx context.Context, broker *kgo.Broker, nodes int, inSync bool) error {
	req := kmsg.NewPtrMetadataRequest()
	req.Topics = nil // all
	resp, err := broker.Request(ctx, req)
	if err != nil {
		return err
	}
	meta := resp.(*kmsg.MetadataResponse)
	if len(meta.Brokers) != nodes {
		return fmt.Errorf("it knows %d of %d nodes", len(meta.Brokers), nodes)
	}
	if !inSync {
		return nil
	}
	for _, t := range meta.Topics {
		for _, p := range t.Partitions {
			if p.Leader < 0 || len(p.ISR) < len(p.Replicas) {
				return fmt.Errorf("%s/%d: leader %d, %d of %d replicas in sync",
					*t.Topic, p.Partition, p.Leader, len(p.ISR), len(p.Replicas))
			}
		}
	}
	return nil
}
