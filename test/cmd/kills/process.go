package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/conduitio/conduit-connector-kafka/test/conduit"
)

// patience is how long a record may take to arrive, and Conduit to stop.
const patience = 3 * time.Minute

// host is where one Conduit lives, from one start to the next.
type host struct {
	*round
	dir     string
	number  int
	chance  *rand.Rand
	process *conduit.Process
	started time.Time // the process
	lives   int       // processes so far
	before  int       // records that had come
	fresh   bool      // none has come since
}

func newHost(r *round, number int) (*host, error) {
	h := &host{round: r, number: number, dir: filepath.Join(r.o.dir, fmt.Sprintf("%s-%d", r.arch, number)),
		chance: rand.New(rand.NewPCG(r.o.seed, uint64(number)<<8|uint64(r.arch[0])))}
	return h, writePipeline(r.o, r.topics, r.cluster.Servers(), r.arch, h.dir, number)
}

// run starts Conduit, ends it and starts it again until there were enough endings. It
// leaves one that runs.
func (h *host) run(ctx context.Context) error {
	if err := h.begin(); err != nil {
		return err
	}
	early := true // nothing has been there before
	for {
		var err error
		if early, err = h.live(ctx, early); err != nil || !h.more() {
			return err
		}
		end := h.o.ends[h.chance.IntN(len(h.o.ends))]
		h.ended(end)
		if end == "freeze" {
			err = h.freeze(ctx)
		} else {
			err = h.end(ctx, end)
		}
		if err != nil {
			return err
		}
	}
}

// end ends Conduit and starts it again.
func (h *host) end(ctx context.Context, how string) error {
	if how == "stop" {
		begun := time.Now()
		if err := h.process.Stop(patience); err != nil {
			return fmt.Errorf("stop Conduit: %w; see %s", err, h.log())
		}
		h.stopped(time.Since(begun))
	} else {
		h.process.Kill()
	}
	if h.o.bury {
		if _, err := h.client.RemoveMembers(ctx, h.topics.from); err != nil {
			return err
		}
	}
	wait(ctx, 300*time.Millisecond) // for what was on its way
	h.marked()
	return h.begin()
}

// live lets Conduit run until the moment that chance says: soon after its start, maybe
// before it has joined the group, or after a record has come. wasEarly says that of the life
// before.
func (h *host) live(ctx context.Context, wasEarly bool) (early bool, err error) {
	early = h.chance.Float64() < h.o.early
	moment := time.Duration(h.chance.Int64N(int64(h.o.life)))
	if early {
		wait(ctx, moment/2)
		return true, ctx.Err()
	}
	if h.o.processes == 1 && h.fresh {
		if err := h.first(ctx, wasEarly); err != nil {
			return false, err
		}
	}
	wait(ctx, moment)
	return false, ctx.Err()
}

// freeze stops the process for a while.
func (h *host) freeze(ctx context.Context) error {
	if err := h.process.Signal(syscall.SIGSTOP); err != nil {
		return err
	}
	wait(ctx, h.o.frozen)
	return h.process.Signal(syscall.SIGCONT)
}

// begin starts Conduit.
func (h *host) begin() error {
	h.lives++
	log, err := os.Create(h.log())
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := conduit.Run{Executable: h.o.conduit, Pipelines: "pipelines.yaml", DB: "db", Connectors: "none", Processors: "none",
		KeepRunning: true, V2: h.arch == "2"}.Command()
	cmd.Dir, cmd.Stdout, cmd.Stderr = h.dir, log, log
	h.before, _ = h.watcher.seen()
	h.started, h.fresh = time.Now(), true
	h.process, err = conduit.Start(cmd)
	return err
}

// first waits until a record has come.
func (h *host) first(ctx context.Context, wasEarly bool) error {
	for now := h.before; now == h.before; now, _ = h.watcher.seen() {
		if wait(ctx, 5*time.Millisecond); ctx.Err() != nil || time.Since(h.started) > patience || h.process.Ended() {
			return fmt.Errorf("no record has come for %s; see %s", time.Since(h.started).Round(time.Second), h.log())
		}
	}
	came := time.Now()
	h.fresh = false
	text, err := os.ReadFile(h.log())
	if opened := conduit.OpenedAt(text); !opened.IsZero() {
		h.came(restart{wasEarly, came.Sub(opened), came.Sub(h.started)})
	}
	return err
}

// log is that of this life. Those before are kept.
func (h *host) log() string { return filepath.Join(h.dir, fmt.Sprintf("conduit-%d.log", h.lives)) }
