// Command contender is one client in one run of the benchmark, in a process of
// its own, so that CPU and memory are the client's. It is built twice: against
// this repository's connector, and with published.go.mod against the published
// one, which has the same import path. It prints one result.Run as JSON.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/conduitio/conduit-connector-kafka/bench/internal/result"
)

type options struct {
	role     string
	client   string
	servers  string
	topic    string
	group    string
	codec    string
	size     int
	records  int64
	duration time.Duration
	warmUp   time.Duration
	readOne  bool
	ackEvery time.Duration // 0: each record at once
	keepOnly bool          // acknowledge at once, and keep positions as if it were later
	settings map[string]string

	batch   int  // records a call
	pace    int  // records a second
	placed  bool // each record that is written has a position of a Kafka source
	exactly bool // each call is a transaction

	cpuProfile, memProfile string
}

// progressTopic is where transactions say how far the source was written: what the connector
// calls it, if the connector's ID is the topic's name.
func (o options) progressTopic() string { return "conduit-progress-" + o.topic }

// roles are what a contender can do.
var roles = map[result.Part]func(context.Context, options) (result.Run, error){
	result.Source:       runSource,
	result.Destination:  runDestination,
	result.WriteLatency: runWriteLatency,
	result.ReadLatency:  runReadLatency,

	result.ExactlyLatency: runExactlyLatency,
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "contender:", err)
		os.Exit(1)
	}
}

func parseOptions(args []string, stderr io.Writer) (options, error) {
	o := options{settings: make(map[string]string)}
	f := flag.NewFlagSet("contender", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.StringVar(&o.role, "role", "", "source, destination, write-latency, read-latency or exactly-once-latency")
	f.StringVar(&o.client, "client", "", "connector, franz-go, franz-go-records, kafka-go or, as a source, records-alone")
	f.StringVar(&o.servers, "servers", "", "bootstrap servers")
	f.StringVar(&o.topic, "topic", "", "topic to read or write")
	f.StringVar(&o.group, "group", "", "consumer group")
	f.StringVar(&o.codec, "codec", "none", "compression of what is written")
	f.IntVar(&o.size, "size", 100, "bytes of each value that is written")
	f.Int64Var(&o.records, "records", 1<<62, "end after this many records")
	f.DurationVar(&o.duration, "for", 3*time.Second, "end after this time")
	f.DurationVar(&o.warmUp, "warm-up", 2*time.Second, "leave out what came in this time (read-latency, exactly-once-latency)")
	f.BoolVar(&o.readOne, "read-one", false, "use Read even where there is ReadN (connector)")
	f.DurationVar(&o.ackEvery, "ack-every", 0, "acknowledge at this interval what was read until then; 0 for each record at once (connector)")
	f.BoolVar(&o.keepOnly, "keep-only", false, "acknowledge at once, and keep positions for as long as -ack-every says (connector)")
	f.IntVar(&o.batch, "batch", writeBatch, "records that a call writes (destination)")
	f.IntVar(&o.pace, "pace", 1000, "records a second that are written (exactly-once-latency)")
	f.BoolVar(&o.placed, "positions", false, "give each record that is written the position of another record of a Kafka source (connector, franz-go-records)")
	f.BoolVar(&o.exactly, "exactly-once", false, "write in transactions, with the topic's name as the transactional ID, and progress to the topic of that name after conduit-progress- (connector, franz-go-records)")
	f.Func("set", "a key=value of the connector's settings; may be repeated", func(s string) error {
		k, v, ok := strings.Cut(s, "=")
		if !ok {
			return errors.New("must be key=value")
		}
		o.settings[k] = v
		return nil
	})
	f.StringVar(&o.cpuProfile, "cpuprofile", "", "write a CPU profile to this file")
	f.StringVar(&o.memProfile, "memprofile", "", "write a profile of all allocations to this file")
	return o, f.Parse(args)
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parseOptions(args, stderr)
	if err != nil {
		return err
	}
	role, ok := roles[result.Part(o.role)]
	if !ok {
		return fmt.Errorf("role: %q is unknown", o.role)
	}
	stopProfiles, err := startProfiles(o)
	if err != nil {
		return err
	}
	got, err := role(ctx, o)
	if err = errors.Join(err, stopProfiles()); err != nil {
		return err
	}
	got.Versions = versions()
	if err := json.NewEncoder(stdout).Encode(got); err != nil {
		return fmt.Errorf("print result: %w", err)
	}
	return nil
}

// versions are those of the libraries that make the difference.
func versions() map[string]string {
	out := make(map[string]string)
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return out
	}
	for _, d := range info.Deps {
		switch d.Path {
		case "github.com/conduitio/conduit-connector-kafka":
			out[d.Path] = d.Version
			if d.Replace != nil {
				out[d.Path] = "this commit"
			}
		case "github.com/conduitio/conduit-connector-sdk", "github.com/segmentio/kafka-go", "github.com/twmb/franz-go":
			out[d.Path] = d.Version
		}
	}
	return out
}
