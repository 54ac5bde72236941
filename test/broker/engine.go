package broker

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/conduitio/conduit-connector-kafka/test/certs"
)

// engine runs the nodes. Its methods are called one at a time, start only for
// a node that is down, the others only for one that runs; signals that need a
// running, not a paused node are sent to a resumed one.
type engine interface {
	// start runs a node with what it had on disk, and does not wait until it serves.
	start(ctx context.Context, node int) error
	// kill ends a node at once, stop lets it shut down; both wait for its end.
	kill(node int) error
	stop(ctx context.Context, node int) error
	pause(node int) error
	resume(node int) error
	// exited reports whether a node that was started has ended by itself.
	exited(node int) bool
	// log returns the end of what a node has logged.
	log(node int) string
	// tool is the command to which a class of Kafka's and its arguments are appended.
	tool() []string
	// close ends all nodes and removes every trace of them.
	close() error
}

// errNoFaults is what a cluster that this process did not start answers.
var errNoFaults = errors.New("not this process's own cluster: set Options.Faults")

// workspace is a cluster's temporary directory with its certificates in it.
// Everything there is readable for all: a container has another user.
func workspace(l layout) (dir string, creds Certs, err error) {
	defer func() {
		if err != nil && dir != "" {
			_ = os.RemoveAll(dir)
		}
	}()
	if dir, err = os.MkdirTemp("", "kafka-"); err != nil {
		return "", Certs{}, fmt.Errorf("make directory for Kafka: %w", err)
	}
	files := map[string][]byte{
		"log4j2.properties": []byte(log4j2Properties),
		"log4j.properties":  []byte(log4jProperties),
	}
	for n := 1; n <= l.Nodes; n++ {
		files[fmt.Sprintf("node-%d/log", n)] = nil
	}
	for name, content := range files {
		if err := writeFile(filepath.Join(dir, name), content); err != nil {
			return dir, Certs{}, err
		}
	}
	if creds, err = issueCerts(dir); err != nil {
		return dir, Certs{}, err
	}
	return dir, creds, os.Chmod(dir, 0o755)
}

// issueCerts makes a CA, and with it the certificates of the nodes, which it
// writes where they find them, and of clients.
func issueCerts(dir string) (Certs, error) {
	ca, err := certs.New("test CA")
	if err != nil {
		return Certs{}, err
	}
	server, errServer := ca.Server()
	client, errClient := ca.Client("client")
	expired, errExpired := ca.ExpiredClient("client")
	if err := errors.Join(errServer, errClient, errExpired); err != nil {
		return Certs{}, err
	}
	return Certs{CA: ca.Cert(), Client: client, Expired: expired}, errors.Join(
		writeFile(filepath.Join(dir, "certs/server.pem"), append(bytes.Clone(server.Key), server.Cert...)),
		writeFile(filepath.Join(dir, "certs/ca.pem"), ca.Cert()),
	)
}

func writeFile(name string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(name), err)
	}
	if err := os.WriteFile(name, content, 0o644); err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(name), err)
	}
	return nil
}

// newClusterID makes an id that no tool takes for an option.
func newClusterID() string {
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails
	id[0] = 'k'
	return base64.RawURLEncoding.EncodeToString(id[:])
}

// run runs a command without input, as runWith does.
func run(ctx context.Context, argv ...string) (string, error) {
	return runWith(ctx, nil, argv...)
}

// runWith runs a command and returns its standard output; its error output, or
// the little that there is, becomes part of the error.
func runWith(ctx context.Context, input io.Reader, argv ...string) (string, error) {
	var out bytes.Buffer
	err := runTo(ctx, input, &out, argv...)
	return out.String(), err
}

// runTo is runWith with standard output going to out as it comes.
func runTo(ctx context.Context, input io.Reader, out io.Writer, argv ...string) error {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	var errOut, all bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = input, io.MultiWriter(out, &all), &errOut
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%w: %s", err, lastLines(append(errOut.Bytes(), all.Bytes()...), 10))
	}
	return nil
}

func lastLines(text []byte, n int) string {
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
