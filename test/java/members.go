// Package java has members of a group with Kafka's own consumer, for tests and measurements
// beside it. It needs Java 17 and, once, Maven.
package java

import (
	"bufio"
	"bytes"
	"context"
	_ "embed" // Members.java and pom.xml
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"github.com/conduitio/conduit-connector-kafka/test/broker"
)

var (
	//go:embed Members.java
	program []byte
	//go:embed pom.xml
	pom []byte
)

// Members are those of one group, all of them in one JVM. They are safe for concurrent use.
type Members struct {
	cmd  *exec.Cmd
	dir  string
	in   io.WriteCloser
	errs bytes.Buffer  // what the JVM complains of
	done chan struct{} // closed once it says nothing more

	mu    sync.Mutex
	n     int
	seats map[string]*seat
}

// seat is a member's.
type seat struct {
	read func(value string)
	left chan struct{}
	err  error // of one that has left
}

// Start starts a JVM for members that read a topic, with the consumer of [broker.Version]
// whatever version the brokers have. It ends with ctx, and by Close.
func Start(ctx context.Context, servers []string, group, topic string) (*Members, error) {
	jars, err := broker.FetchJars(ctx, "java", bytes.ReplaceAll(pom, []byte("VERSION"), []byte(broker.Version)))
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "java-")
	if err != nil {
		return nil, fmt.Errorf("start Kafka's consumer: %w", err)
	}
	m := &Members{dir: dir, done: make(chan struct{}), seats: make(map[string]*seat)}
	if err := m.start(ctx, jars, strings.Join(servers, ","), group, topic); err != nil {
		return nil, fmt.Errorf("start Kafka's consumer: %w", errors.Join(err, os.RemoveAll(dir)))
	}
	return m, nil
}

func (m *Members) start(ctx context.Context, jars string, arguments ...string) error {
	file := filepath.Join(m.dir, "Members.java")
	if err := os.WriteFile(file, program, 0o600); err != nil {
		return err
	}
	options := []string{"-Xmx512m", "-XX:+UseSerialGC", "-cp", filepath.Join(jars, "*"), file}
	m.cmd = exec.CommandContext(ctx, "java", append(options, arguments...)...)
	m.cmd.Stderr = &m.errs
	var err error
	if m.in, err = m.cmd.StdinPipe(); err != nil {
		return err
	}
	out, err := m.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := m.cmd.Start(); err != nil {
		return err
	}
	go m.listen(out)
	return nil
}

// listen takes what members say, until the JVM ends.
func (m *Members) listen(out io.Reader) {
	defer close(m.done)
	for lines := bufio.NewScanner(out); lines.Scan(); {
		what, rest, _ := strings.Cut(lines.Text(), " ")
		id, text, _ := strings.Cut(rest, " ")
		m.mu.Lock()
		s := m.seats[id]
		m.mu.Unlock()
		switch {
		case s == nil:
		case what == "read":
			s.read(text)
		case what == "failed":
			s.err = errors.New(text)
		case what == "left":
			close(s.left)
		}
	}
}

// Join makes a member by a protocol, classic or consumer, which calls read with the value of
// each record, without a line break in it, until leave is called. Its offsets are committed
// each second, and before it gives partitions back. leave waits until it has left, and
// returns the error with which it did so by itself.
func (m *Members) Join(protocol string, read func(value string)) (leave func() error, err error) {
	s := &seat{read: read, left: make(chan struct{})}
	m.mu.Lock()
	m.n++
	id := strconv.Itoa(m.n)
	m.seats[id] = s
	m.mu.Unlock()
	if err := m.ask("join", id, protocol); err != nil {
		return nil, err
	}
	return func() error {
		if err := m.ask("leave", id); err != nil {
			return err
		}
		select {
		case <-s.left:
			return s.err
		case <-m.done:
			return errors.New("leave: the JVM of Kafka's consumer has ended")
		}
	}, nil
}

func (m *Members) ask(words ...string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, err := io.WriteString(m.in, strings.Join(words, " ")+"\n"); err != nil {
		return fmt.Errorf("%s: the JVM of Kafka's consumer has ended: %w", words[0], err)
	}
	return nil
}

// Close has those leave that are there, and ends the JVM.
func (m *Members) Close() error {
	err := m.in.Close()
	<-m.done
	if ended := m.cmd.Wait(); ended != nil {
		err = errors.Join(err, fmt.Errorf("end the JVM of Kafka's consumer: %w: %s", ended, m.errs.String()))
	}
	return errors.Join(err, os.RemoveAll(m.dir))
}
