// Command kafka starts Kafka as the tests use it.
//
//	kafka [-version 4.4.0] [-nodes 1|3] [-property key=value]… [-- command args…]
//
// With a command it runs it against the cluster, which the tests of all its
// packages then share, stops everything and exits with the command's status. Tests
// that need a cluster of their own start it in the same version:
//
//	go run ./test/cmd/kafka -- go test ./...
//
// Without one it prints where the cluster listens and waits for Ctrl-C.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"

	"github.com/conduitio/conduit-connector-kafka/test/broker"
)

func main() {
	o := broker.Options{Properties: make(map[string]string)}
	flag.StringVar(&o.Version, "version", "", "of Apache Kafka, from 2.4.0 on; default: $"+broker.VersionEnv+", else "+broker.Version)
	flag.IntVar(&o.Nodes, "nodes", 1, "1 or 3")
	flag.Func("property", "a key=value of every node's server.properties; may be repeated", func(s string) error {
		k, v, ok := strings.Cut(s, "=")
		if !ok {
			return errors.New("must be key=value")
		}
		o.Properties[k] = v
		return nil
	})
	flag.Parse()

	code, err := run(o, flag.Args())
	if err != nil {
		fmt.Fprintln(os.Stderr, "kafka:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// run returns the exit status of the command.
func run(o broker.Options, command []string) (code int, err error) {
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(signals)

	cluster, err := start(o, signals)
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, cluster.Stop()) }()

	if len(command) == 0 {
		show(cluster)
		<-signals
		return 0, nil
	}
	return runCommand(cluster, command, signals)
}

// start starts the cluster unless a signal comes first.
func start(o broker.Options, signals <-chan os.Signal) (*broker.Cluster, error) {
	type result struct {
		cluster *broker.Cluster
		err     error
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	done := make(chan result, 1)
	go func() {
		c, err := broker.Start(ctx, o)
		done <- result{c, err}
	}()
	select {
	case r := <-done:
		return r.cluster, r.err
	case sig := <-signals:
		cancel()
		if r := <-done; r.err == nil {
			return nil, errors.Join(fmt.Errorf("start Kafka: %s", sig), r.cluster.Stop())
		}
		return nil, fmt.Errorf("start Kafka: %s", sig)
	}
}

// runCommand passes on every signal; the cluster stays until the command ends.
func runCommand(cluster *broker.Cluster, command []string, signals <-chan os.Signal) (int, error) {
	env, err := cluster.Env()
	if err != nil {
		return 1, err
	}
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), broker.ClusterEnv+"="+env, broker.VersionEnv+"="+cluster.Options().Version)
	if err := cmd.Start(); err != nil {
		return 127, fmt.Errorf("run command: %w", err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	for {
		select {
		case sig := <-signals:
			_ = cmd.Process.Signal(sig) // it may have ended
		case err := <-done:
			var exit *exec.ExitError
			if errors.As(err, &exit) && exit.Exited() {
				return exit.ExitCode(), nil
			}
			if err != nil {
				return 1, fmt.Errorf("run command: %w", err)
			}
			return 0, nil
		}
	}
}

func show(c *broker.Cluster) {
	for _, l := range []struct {
		name  string
		addrs []string
	}{
		{"plaintext", c.Servers()},
		{"TLS, client certificate required", c.SSL()},
		{"SASL over TLS", c.SASLSSL()},
		{"SASL", c.SASLPlaintext()},
	} {
		if len(l.addrs) > 0 {
			fmt.Printf("%-34s %s\n", l.name, strings.Join(l.addrs, ","))
		}
	}
	fmt.Printf("%-34s %s / %s\n", "PLAIN, SCRAM-SHA-256, SCRAM-SHA-512", broker.User, broker.Password)
	fmt.Println("Ctrl-C stops it.")
}
