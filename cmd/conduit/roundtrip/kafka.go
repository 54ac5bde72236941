package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/sr/srfake"

	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

const (
	partitions = 6
	// reachTimeout bounds how long the cluster may take to answer at the start,
	// lookTimeout how long while the pipelines run.
	reachTimeout = 15 * time.Second
	lookTimeout  = 5 * time.Second
)

// kafka is the cluster that the pipelines use: an embedded one, or the user's.
type kafka struct {
	servers  []string
	embedded *kfake.Cluster   // nil for the user's
	registry *srfake.Registry // of schemas; nil with the user's Kafka
}

func openKafka(servers string) (*kafka, error) {
	if servers != "" {
		k := new(kafka)
		for _, s := range strings.Split(servers, ",") {
			k.servers = append(k.servers, strings.TrimSpace(s))
		}
		return k, nil
	}
	c, err := kfake.NewCluster(kfake.AllowAutoTopicCreation(), kfake.DefaultNumPartitions(partitions))
	if err != nil {
		return nil, fmt.Errorf("start embedded Kafka: %w", err)
	}
	return &kafka{servers: c.ListenAddrs(), embedded: c, registry: srfake.New()}, nil
}

func (k *kafka) close() {
	if k.embedded != nil {
		k.embedded.Close()
		k.registry.Close()
	}
}

func (k *kafka) String() string {
	if k.embedded != nil {
		return strings.Join(k.servers, ",") + " (embedded)"
	}
	return strings.Join(k.servers, ",")
}

// fate is what becomes of a run's topic.
func (k *kafka) fate() string {
	if k.embedded != nil {
		return "gone with the embedded Kafka"
	}
	return "kept at " + k.String()
}

// connect looks at the cluster by another client library than the connector's.
func (k *kafka) connect(ctx context.Context) (*kclient.Client, error) {
	cl, err := kclient.New(k.servers)
	if err != nil {
		return nil, fmt.Errorf("connect to Kafka: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, reachTimeout)
	defer cancel()
	if err := cl.Raw().Ping(ctx); err != nil {
		cl.Close()
		return nil, fmt.Errorf("connect to Kafka at %s, without TLS and login: %w", k, err)
	}
	return cl, nil
}

// countRecords returns how many records a topic has that was never truncated.
func countRecords(ctx context.Context, cl *kclient.Client, topic string) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	ends, err := cl.EndOffsets(ctx, topic)
	var n int64
	for _, end := range ends {
		n += end
	}
	return n, err
}
