package broker

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

// preparer prepares an engine in dir; its nodes are not running yet.
type preparer func(dir string, l layout, o Options) (engine, error)

// chooseEngine finds out what this machine can run a version of Kafka with, and
// fetches that if it is not here yet.
func chooseEngine(ctx context.Context, r release) (preparer, error) {
	noDocker := ""
	if r.image() {
		if noDocker = missingDocker(ctx); noDocker == "" {
			return newCompose, pullImage(ctx, imageOf(r))
		}
	}
	switch noJava := missingJava(ctx, "kafka", r.String(), pom(r.artifacts()...)); {
	case noJava != "" && !r.image():
		return nil, fmt.Errorf("%w: %s: install Java 17 and Maven, without which there is no version %s", ErrUnavailable, noJava, r)
	case noJava != "":
		return nil, fmt.Errorf("%w: %s and %s: start Docker, or install Java 17 and Maven, or set KAFKA_TEST_SERVERS=host:port,…",
			ErrUnavailable, noDocker, noJava)
	}
	jars, err := fetchJars(ctx, "kafka", r.String(), pom(r.artifacts()...))
	if err != nil {
		return nil, err
	}
	return func(dir string, l layout, o Options) (engine, error) {
		return newNative(dir, jars, l, o)
	}, nil
}

// attachServers uses a cluster that is nobody's here: it must have enough
// nodes, and cannot have what only the harness makes.
func attachServers(ctx context.Context, servers string, o Options) (*Cluster, error) {
	if o.Faults || o.Proxied || o.Secure || len(o.Properties) > 0 || o.Version != defaultVersion() {
		return nil, fmt.Errorf("%w: the cluster of KAFKA_TEST_SERVERS is as it is, this needs one of its own", ErrUnavailable)
	}
	cl, err := kclient.New(strings.Split(servers, ","))
	if err != nil {
		return nil, fmt.Errorf("use KAFKA_TEST_SERVERS: %w", err)
	}
	defer cl.Close()
	nodes, err := cl.Nodes(ctx)
	if err != nil {
		return nil, fmt.Errorf("use KAFKA_TEST_SERVERS: %w", err)
	}
	if len(nodes) < o.Nodes {
		return nil, fmt.Errorf("%w: the cluster of KAFKA_TEST_SERVERS has %d nodes, this needs %d", ErrUnavailable, len(nodes), o.Nodes)
	}
	return &Cluster{desc: description{Options: o, Plaintext: strings.Split(servers, ",")}}, nil
}

// attachCluster uses the cluster that cmd/kafka started, or returns nil where
// there is none or it is not what o needs.
func attachCluster(o Options) (*Cluster, error) {
	text := os.Getenv(ClusterEnv)
	if text == "" {
		return nil, nil
	}
	var d description
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		return nil, fmt.Errorf("read %s: %w", ClusterEnv, err)
	}
	if !o.servedBy(d.Options) || o.Secure && d.Layout.Nodes == 0 {
		return nil, nil
	}
	return &Cluster{desc: d}, nil
}

// ClusterEnv is the environment variable that hands a running cluster to tests.
const ClusterEnv = "KAFKA_TEST_CLUSTER"

// Env returns the value of [ClusterEnv] that lets other processes use the cluster.
func (c *Cluster) Env() (string, error) {
	text, err := json.Marshal(c.desc)
	if err != nil {
		return "", fmt.Errorf("describe cluster: %w", err)
	}
	return string(text), nil
}

// Attach uses the cluster that cmd/kafka started for this process.
func Attach() (*Cluster, error) {
	o, err := Options{}.withDefaults()
	if err != nil {
		return nil, err
	}
	c, err := attachCluster(o)
	if c == nil && err == nil {
		err = fmt.Errorf("%w: %s names no cluster that serves", ErrUnavailable, ClusterEnv)
	}
	return c, err
}
