// Package kclient is how tests look at a cluster without the code under test:
// it writes records, reads back whole topics, reads committed offsets, and
// changes topics. It builds on another client library than the connector does,
// so that one bug cannot hide in both.
package kclient

import (
	"context"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// Client talks to one cluster. It is safe for concurrent use.
type Client struct {
	servers []string
	opts    []kgo.Opt
	kgo     *kgo.Client
}

// New makes a client of the cluster behind servers ("host:port"). Further
// options, for example for TLS, SASL or compression, go to every connection.
// Close it.
func New(servers []string, opts ...kgo.Opt) (*Client, error) {
	c := &Client{servers: servers, opts: opts}
	var err error
	if c.kgo, err = c.dial(); err != nil {
		return nil, err
	}
	return c, nil
}

func (c *Client) dial(more ...kgo.Opt) (*kgo.Client, error) {
	opts := []kgo.Opt{
		kgo.SeedBrokers(c.servers...),
		kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.ProducerLinger(0),
		kgo.MetadataMinAge(50 * time.Millisecond), // topics and leaders change under its feet
		kgo.ProducerBatchCompression(kgo.NoCompression()),
	}
	opts = append(append(opts, c.opts...), more...)
	cl, err := kgo.NewClient(opts...)
	if err != nil {
		return nil, fmt.Errorf("make client: %w", err)
	}
	return cl, nil
}

// Close closes all connections.
func (c *Client) Close() { c.kgo.Close() }

// Raw returns the client library's own client, for requests that are not
// worth a method here.
func (c *Client) Raw() *kgo.Client { return c.kgo }

// request sends req to whichever broker answers for it.
func request[R kmsg.Response](ctx context.Context, c *Client, req kmsg.Request) (R, error) {
	var none R
	resp, err := c.kgo.Request(ctx, req)
	if err != nil {
		return none, err
	}
	return resp.(R), nil
}

// metadata asks for one topic each time; it never creates it.
func (c *Client) metadata(ctx context.Context, topic string) (*kmsg.MetadataResponseTopic, error) {
	req := kmsg.NewPtrMetadataRequest()
	t := kmsg.NewMetadataRequestTopic()
	t.Topic = kmsg.StringPtr(topic)
	req.Topics = append(req.Topics, t)
	resp, err := request[*kmsg.MetadataResponse](ctx, c, req)
	if err != nil {
		return nil, fmt.Errorf("describe topic %s: %w", topic, err)
	}
	if err := kerr.ErrorForCode(resp.Topics[0].ErrorCode); err != nil {
		return nil, fmt.Errorf("describe topic %s: %w", topic, err)
	}
	return &resp.Topics[0], nil
}

// Nodes returns the node ids of the brokers that are alive.
func (c *Client) Nodes(ctx context.Context) ([]int32, error) {
	req := kmsg.NewPtrMetadataRequest()
	req.Topics = []kmsg.MetadataRequestTopic{} // none; nil would be all
	resp, err := request[*kmsg.MetadataResponse](ctx, c, req)
	if err != nil {
		return nil, fmt.Errorf("list nodes: %w", err)
	}
	ids := make([]int32, len(resp.Brokers))
	for i, b := range resp.Brokers {
		ids[i] = b.NodeID
	}
	return ids, nil
}
