// Command simulate runs seeds of the simulation in processes of their own, and says
// which of them fail, how often, and with how few events.
//
//	go run ./test/cmd/simulate -seeds 200
//	go run ./test/cmd/simulate -seed 17
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

type options struct {
	seed     uint64
	from     uint64
	seeds    uint64
	reruns   int
	shrink   int
	first    bool
	dir      string
	binary   string
	unless   string
	patience time.Duration
}

func main() {
	var o options
	flag.Uint64Var(&o.seed, "seed", 0, "run this seed alone, and print what happens")
	flag.Uint64Var(&o.from, "from", 1, "the first seed")
	flag.Uint64Var(&o.seeds, "seeds", 200, "how many seeds to run")
	flag.IntVar(&o.reruns, "reruns", 10, "how often a seed that fails is run again")
	flag.IntVar(&o.shrink, "shrink", 3, "how many of the seeds that fail are shrunk to the fewest events")
	flag.BoolVar(&o.first, "first", false, "end at the first seed that fails")
	flag.StringVar(&o.dir, "dir", ".", "the module's directory")
	flag.StringVar(&o.binary, "binary", "", "a test binary of the simulation that is there already")
	flag.StringVar(&o.unless, "unless", "", "a test binary of another state of the tree: seeds that fail there too don't count")
	flag.DurationVar(&o.patience, "patience", time.Minute, "how long a seed may take on the clock on the wall")
	flag.Parse()
	failed, err := o.run()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	if failed > 0 {
		os.Exit(1)
	}
}

func (o *options) run() (failed int, err error) {
	if o.binary == "" {
		dir, err := os.MkdirTemp("", "simulate-")
		if err != nil {
			return 0, err
		}
		defer os.RemoveAll(dir)
		o.binary = filepath.Join(dir, "simulation.test")
		build := exec.Command("go", "test", "-c", "-o", o.binary, "./test/simulation")
		build.Dir = o.dir
		if out, err := build.CombinedOutput(); err != nil {
			return 0, fmt.Errorf("build the simulation: %w: %s", err, out)
		}
	}
	if o.seed > 0 {
		return o.one()
	}
	return o.many()
}

// one runs a seed and prints its schedule and what happens. One that does not fail is
// run again: not all of them fail each time.
func (o *options) one() (failed int, err error) {
	w := &worker{binary: o.binary, patience: o.patience}
	defer w.end()
	r, _ := w.fails(job{Seed: o.seed, Log: true}, max(o.reruns, 1))
	fmt.Print(r.Log)
	fmt.Println(r)
	if len(r.Wrong) == 0 {
		return 0, nil
	}
	o.look(w, r, true)
	return 1, nil
}

// many runs seeds on all processors.
func (o *options) many() (failed int, err error) {
	begun := time.Now()
	seeds := make(chan uint64)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM) // ends it early
	defer stop()
	go func() {
		defer close(seeds)
		for i := range o.seeds {
			select {
			case seeds <- o.from + i:
			case <-ctx.Done():
				return
			}
		}
	}()
	var mu sync.Mutex
	var total result
	var bad []result
	ran := 0
	var workers sync.WaitGroup
	for range runtime.NumCPU() {
		workers.Go(func() {
			w := &worker{binary: o.binary, patience: o.patience}
			defer w.end()
			for seed := range seeds {
				r := w.do(job{Seed: seed})
				if len(r.Wrong) > 0 && o.elsewhere(r) {
					r.Wrong = nil
				}
				mu.Lock()
				ran++
				total.add(r)
				if len(r.Wrong) > 0 {
					bad = append(bad, r)
					fmt.Println(r)
					if o.first && len(bad) == 1 {
						stop()
					}
				}
				mu.Unlock()
			}
		})
	}
	workers.Wait()
	fmt.Printf("%d seeds, %d failed; %.1f hours simulated in %s; %d requests, %d records written, %d read\n",
		ran, len(bad), total.Simulated.Hours(), time.Since(begun).Round(time.Second), total.Requests, total.Written, total.Read)
	w := &worker{binary: o.binary, patience: o.patience}
	defer w.end()
	slices.SortFunc(bad, func(a, b result) int { return int(a.Seed) - int(b.Seed) })
	for i, r := range bad {
		if i >= 10*o.shrink {
			break
		}
		o.look(w, r, i < o.shrink)
	}
	return len(bad), nil
}

// elsewhere reports whether a seed that failed may fail with the other binary too: it
// does, or it does not fail here again.
func (o *options) elsewhere(r result) bool {
	if o.unless == "" {
		return false
	}
	here, other := &worker{binary: o.binary, patience: o.patience}, &worker{binary: o.unless, patience: o.patience}
	defer here.end()
	defer other.end()
	if _, again := here.fails(job{Seed: r.Seed}, 10); !again {
		return true
	}
	_, also := other.fails(job{Seed: r.Seed}, 15)
	return also
}

// look runs a seed that failed again, and looks for the fewest events with which it
// fails.
func (o *options) look(w *worker, r result, shrink bool) {
	if o.reruns == 0 {
		return
	}
	again := 0
	for range o.reruns {
		if len(w.do(job{Seed: r.Seed}).Wrong) > 0 {
			again++
		}
	}
	fmt.Printf("seed %d: fails %d of %d times\n", r.Seed, again, o.reruns)
	if !shrink || again == 0 {
		return
	}
	events, last := o.fewest(w, r)
	fmt.Printf("seed %d fails with %d of %d events:\n  %s\n", r.Seed, len(events), len(r.Events), strings.Join(last.Wrong, "\n  "))
	for _, i := range events {
		fmt.Println("  ", r.Events[i])
	}
}

// fewest drops events, by halves, quarters and so on, for as long as the seed fails
// without them.
func (o *options) fewest(w *worker, r result) (events []int, last result) {
	last = r
	for i := range r.Events {
		events = append(events, i)
	}
	until := time.Now().Add(2 * time.Minute)
	for size := max(len(events)/2, 1); ; size = max(size/2, 1) {
		dropped := false
		for at := 0; at < len(events) && time.Now().Before(until); {
			fewer := slices.Delete(slices.Clone(events), at, min(at+size, len(events)))
			if x, ok := w.fails(job{Seed: r.Seed, Only: append([]int{}, fewer...)}, tries); ok {
				events, last, dropped = fewer, x, true
			} else {
				at += size
			}
		}
		if size == 1 && !dropped || time.Now().After(until) {
			return events, last
		}
	}
}

// tries is how often a seed is run with fewer events before it counts as one that
// does not fail.
const tries = 4

func (w *worker) fails(j job, tries int) (r result, failed bool) {
	for range tries {
		if r = w.do(j); len(r.Wrong) > 0 {
			return r, true
		}
	}
	return r, false
}
