package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/test/conduit"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

// hostDefaults are settings of Conduit for pipelines of the user's. They are
// given in the environment, so that the user's environment can say otherwise,
// for example CONDUIT_API_ENABLED=true.
var hostDefaults = []string{
	"CONDUIT_DB_TYPE=inmemory",
	"CONDUIT_API_ENABLED=false",
	"CONDUIT_PIPELINES_EXIT_ON_DEGRADED=true",
	"CONDUIT_PREVIEW_PIPELINE_ARCH_V2=true",
}

// environ is Conduit's environment: pipelines find the cluster in it, and beside an embedded
// one a schema registry.
func (k *kafka) environ(more ...string) []string {
	env := append(os.Environ(), "KAFKA_SERVERS="+strings.Join(k.servers, ","))
	if k.registry != nil {
		more = append(more, "SCHEMA_REGISTRY_URL="+k.registry.URL())
	}
	for _, entry := range more {
		name, _, _ := strings.Cut(entry, "=")
		if _, ok := os.LookupEnv(name); !ok {
			env = append(env, entry)
		}
	}
	return env
}

// runPipelines runs pipelines of the user's until Ctrl-C or until Conduit ends.
func runPipelines(ctx context.Context, o options, k *kafka, stdout io.Writer) error {
	path, err := filepath.Abs(o.pipelines)
	if err != nil {
		return fmt.Errorf("find pipelines: %w", err)
	}
	fmt.Fprintf(stdout, "Kafka at %s, for pipelines as ${KAFKA_SERVERS} (and ${SCHEMA_REGISTRY_URL}); Ctrl-C stops\n", k)
	cmd := exec.Command(o.conduit, "run", "--pipelines.path="+path)
	cmd.Env = k.environ(hostDefaults...)
	cmd.Stdout, cmd.Stderr = stdout, os.Stderr
	start := time.Now()
	h, err := conduit.Start(cmd)
	if err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		err = stop(h)
	case <-h.Done():
		err = ending(h.Err())
	}
	fmt.Fprintf(stdout, "\nran %s for %s\n", o.pipelines, time.Since(start).Round(100*time.Millisecond))
	if k.embedded != nil {
		if err := showTopics(k, stdout); err != nil {
			return err
		}
	}
	return err // none after Ctrl-C, which is how such a run normally ends
}

// showTopics prints how many records the topics of the embedded Kafka have,
// which are lost with it.
func showTopics(k *kafka, stdout io.Writer) error {
	ctx := context.Background()
	cl, err := k.connect(ctx)
	if err != nil {
		return err
	}
	defer cl.Close()
	topics, err := listTopics(ctx, cl)
	if err != nil {
		return err
	}
	for _, topic := range topics {
		n, err := countRecords(ctx, cl, topic)
		if err != nil {
			return err
		}
		fmt.Fprintf(stdout, "  topic %-30s %12s records\n", topic, thousands(n))
	}
	return nil
}

func listTopics(ctx context.Context, cl *kclient.Client) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	req := kmsg.NewPtrMetadataRequest()
	req.Topics = nil // all
	resp, err := req.RequestWith(ctx, cl.Raw())
	if err != nil {
		return nil, fmt.Errorf("list topics: %w", err)
	}
	var topics []string
	for _, t := range resp.Topics {
		if t.Topic != nil && !t.IsInternal {
			topics = append(topics, *t.Topic)
		}
	}
	slices.Sort(topics)
	return topics, nil
}
