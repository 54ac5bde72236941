// Package lab is the cluster that the benchmark measures on, and the topics in
// it. It counts there by another client than most of those that are measured.
package lab

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"

	"github.com/conduitio/conduit-connector-kafka/test/broker"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

// Lab is a running cluster. Its methods are not for concurrent use, except
// EndOffset.
type Lab struct {
	Servers []string
	Brokers int
	Kafka   string // version

	own    *broker.Cluster // nil for a cluster of the user's
	client *kclient.Client
	filled map[fill]filledTopic
	topics []string // to be deleted at the end
}

// Open starts Kafka with 1 or 3 nodes, or uses the cluster of the user's that
// servers name, which must have as many. Close it.
func Open(ctx context.Context, brokers int, servers string) (*Lab, error) {
	l := &Lab{Brokers: brokers, filled: make(map[fill]filledTopic)}
	if servers != "" {
		l.Servers = strings.Split(servers, ",")
	} else {
		var err error
		l.own, err = broker.Start(ctx, broker.Options{
			Nodes:    brokers,
			Measured: true,
			// Deleted topics give their disk space back at once, not after a minute.
			Properties: map[string]string{"log.segment.delete.delay.ms": "1000"},
		})
		if err != nil {
			return nil, err
		}
		l.Servers = l.own.Servers()
	}
	if err := l.connect(ctx); err != nil {
		return nil, errors.Join(err, l.Close(ctx))
	}
	return l, nil
}

func (l *Lab) connect(ctx context.Context) error {
	var err error
	if l.client, err = kclient.New(l.Servers); err != nil {
		return err
	}
	nodes, err := l.client.Nodes(ctx)
	if err != nil {
		return err
	}
	if len(nodes) != l.Brokers {
		return fmt.Errorf("the cluster has %d brokers, not %d", len(nodes), l.Brokers)
	}
	// The first group of a cluster waits until the topic of all offsets is there.
	if _, _, err := l.client.Group(ctx, NewName("group")); err != nil {
		return err
	}
	if l.own != nil {
		l.Kafka = broker.Version
		return nil
	}
	resp, err := kmsg.NewPtrApiVersionsRequest().RequestWith(ctx, l.client.Raw())
	if err != nil {
		return fmt.Errorf("ask for Kafka's version: %w", err)
	}
	l.Kafka = kversion.FromApiVersionsResponse(resp).VersionGuess() + " (as its API versions say)"
	return nil
}

// Close stops the cluster, or deletes what was made in the user's.
func (l *Lab) Close(ctx context.Context) error {
	var errs []error
	if l.own == nil {
		for _, topic := range slices.Clone(l.topics) {
			errs = append(errs, l.Delete(ctx, topic))
		}
	}
	if l.client != nil {
		l.client.Close()
	}
	if l.own != nil {
		errs = append(errs, l.own.Stop())
	}
	return errors.Join(errs...)
}

// EndOffset returns how many records a topic has that only the benchmark writes
// to, and nobody in transactions.
func (l *Lab) EndOffset(ctx context.Context, topic string) (int64, error) {
	ends, err := l.client.EndOffsets(ctx, topic)
	return sum(ends), err
}

// Committed returns how many of a topic's records a group has committed.
func (l *Lab) Committed(ctx context.Context, group, topic string) (int64, error) {
	offsets, err := l.client.Committed(ctx, group, topic)
	return sum(offsets), err
}

func sum(offsets map[int32]int64) (total int64) {
	for _, n := range offsets {
		total += n
	}
	return total
}
