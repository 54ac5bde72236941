package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

// producer writes numbered records to all partitions in turn.
type producer struct {
	cancel context.CancelFunc
	done   chan struct{}
	once   sync.Once
	n      int
	err    error
}

func startProducer(ctx context.Context, client *kclient.Client, topic string, o options) *producer {
	ctx, cancel := context.WithCancel(ctx)
	p := &producer{cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(p.done)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		begun := time.Now()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			var batch []*kgo.Record
			for due := int(time.Since(begun).Seconds() * float64(o.rate)); p.n < due; p.n++ {
				batch = append(batch, &kgo.Record{Topic: topic, Partition: int32(p.n % o.partitions), Value: strconv.AppendInt(nil, int64(p.n), 10)})
			}
			if p.err = client.Produce(context.WithoutCancel(ctx), batch...); p.err != nil {
				return
			}
		}
	}()
	return p
}

// stop returns how many records there are.
func (p *producer) stop() (int, error) {
	p.once.Do(p.cancel)
	<-p.done
	return p.n, p.err
}

func (h *house) output() string { return filepath.Join(h.dir, "records.jsonl") }

// size is that of the file with the records.
func (h *house) size() int64 {
	info, err := os.Stat(h.output())
	if err != nil {
		return 0
	}
	return info.Size()
}

// drain waits until all records are in the file, or nothing has come for a while.
func (h *house) drain(ctx context.Context, all int) error {
	const quiet = 10 * time.Second
	last, since := h.size(), time.Now()
	for time.Since(since) < quiet {
		if wait(ctx, 500*time.Millisecond); ctx.Err() != nil {
			return ctx.Err()
		}
		seen, err := h.seen()
		if err != nil || len(seen.numbers) == all && h.size() == last {
			return err
		}
		if now := h.size(); now != last {
			last, since = now, time.Now()
		}
	}
	return nil
}

// sighting is which records are in the file.
type sighting struct {
	numbers map[int]bool
	twice   int
}

// seen reads the file. A line that a kill has cut short is none.
func (h *house) seen() (sighting, error) {
	s := sighting{numbers: make(map[int]bool)}
	f, err := os.Open(h.output())
	if err != nil {
		return s, fmt.Errorf("read what arrived: %w", err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Bytes()
		if i := bytes.LastIndex(line, []byte(`{"position"`)); i > 0 { // after one that was cut short
			line = line[i:]
		}
		var r struct {
			Payload struct{ After string }
		}
		if json.Unmarshal(line, &r) != nil {
			continue
		}
		value, err := base64.StdEncoding.DecodeString(r.Payload.After)
		n, err2 := strconv.Atoi(string(value))
		if err != nil || err2 != nil {
			return s, fmt.Errorf("read what arrived: a record has the value %q", r.Payload.After)
		}
		if s.numbers[n] {
			s.twice++
		}
		s.numbers[n] = true
	}
	return s, lines.Err()
}
