package main

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

// java are members with Kafka's own consumer, all of them in one JVM.
type java struct {
	cmd  *exec.Cmd
	dir  string
	in   io.WriteCloser
	done chan struct{} // closed once it says nothing more

	mu    sync.Mutex
	n     int
	seats map[string]*seat
}

// seat is a member of these.
type seat struct {
	read func(value string)
	left chan struct{}
	err  error // of one that has left
}

// startJava runs Members.java with the consumer of the brokers' version.
func startJava(ctx context.Context, g group) (members, error) {
	jars, err := broker.FetchJars(ctx, "storm", bytes.ReplaceAll(pom, []byte("VERSION"), []byte(broker.Version)))
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "storm-")
	if err != nil {
		return nil, err
	}
	j := &java{dir: dir, done: make(chan struct{}), seats: make(map[string]*seat)}
	if err := j.start(ctx, jars, g); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return j, nil
}

func (j *java) start(ctx context.Context, jars string, g group) error {
	file := filepath.Join(j.dir, "Members.java")
	if err := os.WriteFile(file, program, 0o600); err != nil {
		return err
	}
	j.cmd = exec.CommandContext(ctx, "java", "-Xmx512m", "-XX:+UseSerialGC", "-cp", filepath.Join(jars, "*"), file,
		strings.Join(g.servers, ","), g.name, g.protocol)
	var err error
	if j.in, err = j.cmd.StdinPipe(); err != nil {
		return err
	}
	out, err := j.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := j.cmd.Start(); err != nil {
		return err
	}
	go j.listen(out)
	return nil
}

// listen takes what members say, until the JVM ends.
func (j *java) listen(out io.Reader) {
	defer close(j.done)
	for lines := bufio.NewScanner(out); lines.Scan(); {
		what, rest, _ := strings.Cut(lines.Text(), " ")
		id, text, _ := strings.Cut(rest, " ")
		j.mu.Lock()
		s := j.seats[id]
		j.mu.Unlock()
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

func (j *java) join(ctx context.Context, read func(string)) (func() error, error) {
	s := &seat{read: read, left: make(chan struct{})}
	j.mu.Lock()
	j.n++
	id := fmt.Sprint(j.n)
	j.seats[id] = s
	j.mu.Unlock()
	if _, err := fmt.Fprintln(j.in, "join", id); err != nil {
		return nil, fmt.Errorf("ask the JVM: %w", err)
	}
	return func() error {
		if _, err := fmt.Fprintln(j.in, "leave", id); err != nil {
			return fmt.Errorf("ask the JVM: %w", err)
		}
		select {
		case <-s.left:
			return s.err
		case <-j.done:
			return errors.New("the JVM has ended")
		case <-ctx.Done():
			return ctx.Err()
		}
	}, nil
}

func (j *java) close() error {
	err := j.in.Close()
	<-j.done
	return errors.Join(err, j.cmd.Wait(), os.RemoveAll(j.dir))
}
