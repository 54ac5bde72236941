// Command dashboard draws the panels of the Grafana dashboard in examples/compose, out of
// a run: Conduit with the pipelines of that example, on three brokers of which one is
// killed, and a Prometheus that watches it. It is no Grafana: the queries are the
// dashboard's, and Prometheus answers them, but the lines are drawn here.
//
//	dashboard -conduit ../bin/conduit -prometheus prometheus -out ../docs/dashboard.svg
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"time"

	"github.com/conduitio/conduit-connector-kafka/test/broker"
	"github.com/conduitio/conduit-connector-kafka/test/conduit"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

const (
	killed    = 60 * time.Second
	restarted = 90 * time.Second
	length    = 150 * time.Second
)

type options struct {
	conduit, prometheus, examples, out string
}

func main() {
	var o options
	flag.StringVar(&o.conduit, "conduit", "../bin/conduit", "Conduit with the connector, by make build")
	flag.StringVar(&o.prometheus, "prometheus", "prometheus", "Prometheus's executable")
	flag.StringVar(&o.examples, "examples", "../examples/compose", "directory of the example")
	flag.StringVar(&o.out, "out", "dashboard.svg", "file to draw to")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "dashboard:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) (err error) {
	panels, err := readPanels(filepath.Join(o.examples, "grafana", "dashboards", "kafka.json"))
	if err != nil {
		return err
	}
	cluster, err := broker.Start(ctx, broker.Options{Nodes: 3, Faults: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cluster.Stop()) }()
	client, err := kclient.New(cluster.Servers())
	if err != nil {
		return err
	}
	defer client.Close()
	// The topics of the example's pipelines.
	if err := errors.Join(client.CreateTopic(ctx, "orders", 6, nil), client.CreateTopic(ctx, "orders-copy", 6, nil)); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "dashboard")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	watched, err := startConduit(o, dir, cluster.Servers())
	if err != nil {
		return err
	}
	defer watched.process.Kill()
	prometheus, err := startPrometheus(ctx, o.prometheus, dir, watched.addr)
	if err != nil {
		return err
	}
	defer prometheus.process.Kill()
	began := time.Now()
	leader, err := client.Leader(ctx, "orders", 0)
	if err != nil {
		return err
	}
	if err := errors.Join(
		at(ctx, began.Add(killed), func() error { return cluster.KillNode(int(leader)) }),
		at(ctx, began.Add(restarted), func() error { return cluster.StartNode(ctx, int(leader)) }),
		at(ctx, began.Add(length), func() error { return nil }),
	); err != nil {
		return err
	}
	svg, err := drawDashboard(ctx, panels, prometheus.addr, began)
	if err != nil {
		return err
	}
	return os.WriteFile(o.out, svg, 0o644)
}

// at waits for a time, and does something.
func at(ctx context.Context, when time.Time, do func() error) error {
	select {
	case <-time.After(time.Until(when)):
		return do()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// server is a process that serves HTTP.
type server struct {
	process *conduit.Process
	addr    string
}

func startConduit(o options, dir string, servers []string) (server, error) {
	addr, err := freeAddress()
	if err != nil {
		return server{}, err
	}
	executable, err := filepath.Abs(o.conduit)
	if err != nil {
		return server{}, err
	}
	pipelines, err := filepath.Abs(filepath.Join(o.examples, "pipelines.yaml"))
	if err != nil {
		return server{}, err
	}
	cmd := conduit.Run{Executable: executable, Pipelines: pipelines, API: true}.Command("--api.http.address="+addr, "--log.level=warn")
	cmd.Dir, cmd.Stderr, cmd.Stdout = dir, os.Stderr, os.Stderr
	cmd.Env = append(os.Environ(), "KAFKA_SERVERS="+strings.Join(servers, ","))
	process, err := conduit.Start(cmd)
	return server{process, addr}, err
}

// freeAddress is one at which nothing listens.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}
