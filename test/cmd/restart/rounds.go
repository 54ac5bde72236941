package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/conduitio/conduit-connector-kafka/test/conduit"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

const pipeline = `version: "2.2"
pipelines:
  - id: restart
    status: running
    connectors:
      - id: from
        type: source
        plugin: builtin:kafka
        settings:
          servers: SERVERS
          topics: TOPIC
          groupID: TOPIC
          readFromBeginning: "true"
          groupProtocol: PROTOCOL
      - id: to
        type: destination
        plugin: builtin:file
        settings:
          path: records.jsonl
`

// patience is how long a record may take to arrive.
const patience = 2 * time.Minute

// result is what was measured of one kind of restart.
type result struct {
	started, opened      []time.Duration // until the first record: since the process, and the source
	written, twice, lost int
}

// house is where a pipeline lives.
type house struct {
	options
	arch string
	dir  string
}

func measure(ctx context.Context, o options, servers []string, arch, end string) (r result, err error) {
	client, err := kclient.New(servers)
	if err != nil {
		return r, err
	}
	defer client.Close()
	h := house{options: o, arch: arch, dir: filepath.Join(o.dir, arch+"-"+end)}
	topic := fmt.Sprintf("restart-%s-%s-%d", arch, end, time.Now().UnixNano())
	if err := client.CreateTopic(ctx, topic, int32(o.partitions), nil); err != nil {
		return r, err
	}
	if err := os.MkdirAll(h.dir, 0o755); err != nil {
		return r, err
	}
	text := strings.NewReplacer("SERVERS", strings.Join(servers, ","), "TOPIC", topic, "PROTOCOL", h.protocol).Replace(pipeline)
	if err := os.WriteFile(filepath.Join(h.dir, "pipelines.yaml"), []byte(text), 0o600); err != nil {
		return r, err
	}
	p := startProducer(ctx, client, topic, o)
	defer p.stop()
	for round := range o.rounds + 1 {
		life, err := h.start(ctx, round)
		if err != nil {
			return r, err
		}
		if round > 0 { // before that the group was new
			r.started, r.opened = append(r.started, life.first.Sub(life.started)), append(r.opened, life.first.Sub(life.opened))
		}
		wait(ctx, o.run+rand.N(o.run/2))
		if round == o.rounds {
			if r.written, err = p.stop(); err == nil {
				err = h.drain(ctx, r.written)
			}
			_ = life.Stop(patience)
			if err != nil {
				return r, err
			}
			break
		}
		if end == "kill" {
			life.Kill()
		} else if err := life.Stop(patience); err != nil {
			return r, err
		}
	}
	seen, err := h.seen()
	r.twice, r.lost = seen.twice, r.written-len(seen.numbers)
	return r, err
}

// life is one Conduit.
type life struct {
	*conduit.Process
	started, opened, first time.Time
}

// start runs Conduit until a record has arrived.
func (h *house) start(ctx context.Context, round int) (*life, error) {
	executable, err := filepath.Abs(h.conduit)
	if err != nil {
		return nil, err
	}
	before := h.size()
	name := filepath.Join(h.dir, fmt.Sprintf("conduit-%d.log", round))
	log, err := os.Create(name)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd := conduit.Run{Executable: executable, Pipelines: "pipelines.yaml", DB: "conduit.db", KeepRunning: true, V2: h.arch == "2"}.Command()
	cmd.Dir, cmd.Stdout, cmd.Stderr = h.dir, log, log
	l := &life{started: time.Now()}
	if l.Process, err = conduit.Start(cmd); err != nil {
		return nil, err
	}
	for h.size() == before {
		if wait(ctx, 2*time.Millisecond); ctx.Err() != nil || time.Since(l.started) > patience || l.Ended() {
			l.Kill()
			text, _ := os.ReadFile(name)
			return nil, fmt.Errorf("no record arrived: %s", text)
		}
	}
	l.first = time.Now()
	text, err := os.ReadFile(name)
	if l.opened = conduit.OpenedAt(text); l.opened.IsZero() {
		l.opened = l.started
	}
	return l, err
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
