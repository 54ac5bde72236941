// Command converters measures how many records the connector decodes and encodes in a second
// of a processor, beside the converters of Kafka Connect that Maven Central has: JsonConverter
// with schemas, and Apicurio's for Avro.
//
//	go run ./test/cmd/converters                 five rounds, about two minutes
//	go run ./test/cmd/converters -rounds 1 -seconds 1
//
// Both sides have the same record of ten texts, about 200 bytes as JSON, and the schema registry
// that is started here. They take turns; what is printed is the median. It is processor time of
// the whole process, so that it hardly matters what else the machine does.
//
//	main.go           what is asked for, and what is printed
//	own.go            the connector's side
//	connect.go        Kafka Connect's side: Converters.java and pom.xml
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/conduitio/conduit-connector-kafka/test/broker"
	"github.com/conduitio/conduit-connector-kafka/test/cmd/internal/stats"
)

// rate is records in a second of a processor.
type rate struct{ decode, encode float64 }

// contender is one side in one format.
type contender struct {
	name    string
	measure func(ctx context.Context, d time.Duration) (rate, error)
}

func main() {
	rounds := flag.Int("rounds", 5, "how often each is measured")
	seconds := flag.Float64("seconds", 2, "processor time of each measurement")
	flag.Parse()
	runtime.GOMAXPROCS(1)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *rounds, time.Duration(*seconds*float64(time.Second))); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, rounds int, d time.Duration) (err error) {
	registry, err := broker.StartRegistry(ctx)
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := registry.Close(); err == nil {
			err = closeErr
		}
	}()
	contenders, err := all(ctx, registry)
	if err != nil {
		return err
	}
	rates := make([][]rate, len(contenders))
	for range rounds {
		for i, c := range contenders {
			r, err := c.measure(ctx, d)
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			rates[i] = append(rates[i], r)
		}
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\tdecoded a second\tencoded a second")
	for i, c := range contenders {
		fmt.Fprintf(w, "%s\t%.0f\t%.0f\n", c.name,
			median(rates[i], func(r rate) float64 { return r.decode }), median(rates[i], func(r rate) float64 { return r.encode }))
	}
	return w.Flush()
}

func all(ctx context.Context, registry *broker.SchemaRegistry) ([]contender, error) {
	own, err := ownFormats(ctx, registry.URL())
	if err != nil {
		return nil, err
	}
	converters, err := connectConverters(ctx, registry.Addr())
	return slices.Concat(own, converters), err
}

func median(rates []rate, of func(rate) float64) float64 {
	var all []float64
	for _, r := range rates {
		all = append(all, of(r))
	}
	return stats.Median(all)
}
