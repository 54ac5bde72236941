package broker

import (
	"context"
	"crypto/rand"
	"strings"
	"testing"

	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

// CreateTopic creates a topic, replicated to all nodes, and waits until every
// node knows a leader for each of its partitions.
func (c *Cluster) CreateTopic(ctx context.Context, name string, partitions int32, configs map[string]string) error {
	cl, err := kclient.New(c.Direct())
	if err != nil {
		return err
	}
	defer cl.Close()
	return cl.CreateTopic(ctx, name, partitions, configs)
}

// NewTopic creates a topic under a [Name] for the test, as CreateTopic does,
// and returns the name.
func (c *Cluster) NewTopic(t testing.TB, partitions int32, configs map[string]string) string {
	t.Helper()
	name := Name(t)
	if err := c.CreateTopic(t.Context(), name, partitions, configs); err != nil {
		t.Fatal(err)
	}
	return name
}

// Name returns a new name for a topic or a group of a test: the test's own, as
// far as Kafka takes it, and something that makes it the only one.
func Name(t testing.TB) string {
	legal := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, t.Name())
	return legal[:min(len(legal), 200)] + "-" + rand.Text()[:8]
}
