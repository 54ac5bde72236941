package main

import (
	"context"

	"github.com/conduitio/conduit-connector-kafka/test/java"
)

// consumers are members with Kafka's own consumer, all of them in one JVM.
type consumers struct {
	*java.Members
	protocol string
}

func startJava(ctx context.Context, g group) (members, error) {
	m, err := java.Start(ctx, g.servers, g.name, g.name)
	return consumers{m, g.protocol}, err
}

func (c consumers) close() error { return c.Close() }

func (c consumers) join(_ context.Context, read func(string)) (func() error, error) {
	return c.Join(c.protocol, read)
}
