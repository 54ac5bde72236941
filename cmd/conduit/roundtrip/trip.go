package main

import (
	"context"
	"crypto/rand"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/conduitio/conduit-connector-kafka/test/conduit"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

//go:embed pipelines.yaml
var pipelines string

const (
	pollInterval = 50 * time.Millisecond
	// patience is how long nothing may arrive until the run counts as stuck.
	patience = 30 * time.Second
)

var errStuck = fmt.Errorf("nothing was written or read back for %s", patience)

// trip is one run of the two pipelines.
type trip struct {
	options
	kafka  *kafka
	client *kclient.Client
	topic  string // of this run only; also the consumer group
	dir    string // of this run only

	start    time.Time
	output   lineCounter
	written  meter // records in the topic
	readBack meter // lines in the output
}

// runRoundTrip fails unless every record came back.
func runRoundTrip(ctx context.Context, o options, k *kafka, stdout io.Writer) error {
	t := &trip{options: o, kafka: k}
	if err := t.prepare(ctx); err != nil {
		return err
	}
	defer t.client.Close()
	defer t.output.close()

	fmt.Fprintf(stdout, "%s records: generator → Kafka topic → file, through Conduit\nKafka at %s, topic %s\n",
		thousands(int64(o.records)), k, t.topic)
	ending, err := t.move(ctx, stdout)
	if err != nil {
		return err
	}
	return t.finish(ending, stdout)
}

// prepare makes the topic and the pipeline file.
func (t *trip) prepare(ctx context.Context) error {
	suffix := make([]byte, 3)
	_, _ = rand.Read(suffix) // never fails
	t.topic = "roundtrip-" + time.Now().UTC().Format("20060102-150405-") + hex.EncodeToString(suffix)
	t.dir = filepath.Join(t.out, t.topic)
	t.output.path = filepath.Join(t.dir, "records.jsonl")
	if err := os.MkdirAll(t.dir, 0o755); err != nil {
		return fmt.Errorf("make output directory: %w", err)
	}
	text := os.Expand(pipelines, func(name string) string {
		switch name {
		case "TOPIC":
			return t.topic
		case "RECORDS":
			return strconv.Itoa(t.records)
		case "OUTPUT":
			return t.output.path
		}
		return "${" + name + "}"
	})
	if err := os.WriteFile(t.path("pipelines.yaml"), []byte(text), 0o644); err != nil {
		return fmt.Errorf("write pipelines: %w", err)
	}
	var err error
	if t.client, err = t.kafka.connect(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, reachTimeout)
	defer cancel()
	if err := t.client.CreateTopic(ctx, t.topic, partitions, nil); err != nil {
		t.client.Close()
		return err
	}
	return nil
}

func (t *trip) path(name string) string { return filepath.Join(t.dir, name) }

// move runs Conduit until all records are back and returns nil, or why it ended
// before that. The error is one that says that it didn't run at all.
func (t *trip) move(ctx context.Context, stdout io.Writer) (ending, err error) {
	log, err := os.Create(t.path("conduit.log"))
	if err != nil {
		return nil, fmt.Errorf("make log: %w", err)
	}
	cmd := conduit.Run{Executable: t.conduit, Pipelines: t.path("pipelines.yaml"), V2: true}.Command()
	cmd.Env = t.kafka.environ()
	cmd.Stdout, cmd.Stderr = log, log
	t.start = time.Now()
	t.written.first, t.readBack.first = t.start, t.start
	h, err := conduit.Start(cmd)
	if err != nil {
		return nil, errors.Join(err, log.Close())
	}
	ending = t.watch(ctx, h, &progress{w: stdout})
	ending = errors.Join(ending, stop(h), log.Close())
	if _, err := t.look(context.WithoutCancel(ctx), time.Now()); err != nil && ending == nil {
		ending = err
	}
	return ending, nil
}

// watch returns nil when all records are back, or why they won't be.
func (t *trip) watch(ctx context.Context, h *conduit.Process, p *progress) error {
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	defer p.end()
	grown := t.start
	for {
		select {
		case <-ctx.Done():
			return errInterrupted
		case <-h.Done():
			return errors.New("conduit ended by itself")
		case now := <-ticker.C:
			more, err := t.look(ctx, now)
			if more {
				grown = now
			}
			p.show(now.Sub(t.start), &t.written, &t.readBack)
			// An error may pass: a broker may be away for a while.
			if err == nil && t.written.count >= int64(t.records) && t.readBack.count >= t.written.count {
				return nil
			}
			if now.Sub(grown) > patience {
				return errors.Join(errStuck, err)
			}
		}
	}
}

// look counts again and reports whether there is more than before.
func (t *trip) look(ctx context.Context, now time.Time) (bool, error) {
	lines, err := t.output.count()
	more := t.readBack.set(lines, now)
	n, countErr := countRecords(ctx, t.client, t.topic)
	if countErr == nil && t.written.set(n, now) {
		more = true
	}
	return more, errors.Join(err, countErr)
}
