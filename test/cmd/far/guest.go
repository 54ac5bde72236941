package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"strconv"
	"syscall"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"
	sdk "github.com/conduitio/conduit-connector-sdk"
	"github.com/rs/zerolog"

	kafka "github.com/conduitio/conduit-connector-kafka"
	"github.com/conduitio/conduit-connector-kafka/internal/wire"
	"github.com/conduitio/conduit-connector-kafka/test/sides"
)

// roleEnv is the environment variable that makes a process one with the connector.
const roleEnv = "FAR_ROLE"

// task is what such a process is told, on the first line.
type task struct {
	Settings map[string]string
	Ways     map[string]string // to each broker's address
	Measure  time.Duration
	Size     int // of what is written
}

func guest(role string) error {
	in := bufio.NewReader(os.Stdin)
	line, err := in.ReadBytes('\n')
	if err != nil {
		return err
	}
	var t task
	if err := json.Unmarshal(line, &t); err != nil {
		return err
	}
	ctx := wire.WithDialer(context.Background(), t.dial)
	ctx = zerolog.New(os.Stderr).Level(zerolog.WarnLevel).With().Timestamp().Logger().WithContext(ctx)
	if role == "source" {
		return t.source(ctx, in)
	}
	return t.destination(ctx)
}

func (t task) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	var d net.Dialer
	return d.DialContext(ctx, network, t.Ways[addr])
}

// source reads and acknowledges, says when it has read of each partition, and measures
// when it is asked to.
func (t task) source(ctx context.Context, in *bufio.Reader) error {
	want, err := strconv.Atoi(t.Settings["partitions"])
	if err != nil {
		return err
	}
	delete(t.Settings, "partitions")
	s, err := sides.NewSource(ctx, t.Settings)
	if err != nil {
		return err
	}
	begun := time.Now()
	if err := s.Open(ctx, nil); err != nil {
		return err
	}
	opened := time.Since(begun)
	reading, stop := context.WithCancel(ctx)
	first := make(chan time.Duration, 1)
	ended := make(chan error, 1)
	go func() { ended <- read(reading, s, want, func() { first <- time.Since(begun) }) }()
	select {
	case d := <-first:
		fmt.Printf("%.1f s, %.1f s of it to open, CPU %.2f s\n", d.Seconds(), opened.Seconds(), cpu().Seconds())
	case err := <-ended:
		stop()
		return err
	}
	for {
		if _, err := in.ReadString('\n'); err != nil {
			break
		}
		before := cpu()
		time.Sleep(t.Measure)
		fmt.Printf("%.1f %% of a core\n", 100*float64(cpu()-before)/float64(t.Measure))
	}
	stop()
	return errors.Join(<-ended, s.Teardown(ctx))
}

func read(ctx context.Context, s sdk.Source, want int, all func()) error {
	seen := make(map[string]bool)
	for {
		records, err := s.ReadN(ctx, 1000)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, sdk.ErrBackoffRetry):
			continue
		case err != nil:
			return err
		}
		for _, r := range records {
			if len(seen) < want {
				seen[r.Metadata["opencdc.collection"]+"/"+r.Metadata[kafka.MetadataPartition]] = true
				if len(seen) == want {
					all()
				}
			}
			if err := s.Ack(ctx, r.Position); err != nil {
				return err
			}
		}
	}
}

// destination writes a record to each topic, in one Write, and again.
func (t task) destination(ctx context.Context) error {
	topics, err := strconv.Atoi(t.Settings["topics"])
	if err != nil {
		return err
	}
	prefix := t.Settings["topicPrefix"]
	settings := maps.Clone(t.Settings)
	delete(settings, "topics")
	delete(settings, "topicPrefix")
	settings["topic"], settings["topicAutoCreate"] = `{{ index .Metadata "to" }}`, "true"
	d, err := sides.OpenDestination(ctx, settings)
	if err != nil {
		return err
	}
	for range 2 {
		var records []opencdc.Record
		for i := range topics {
			records = append(records, sdk.Util.Source.NewRecordCreate(opencdc.Position(strconv.Itoa(i)),
				opencdc.Metadata{"to": topic(prefix, i)}, nil, opencdc.RawData(make([]byte, t.Size))))
		}
		begun := time.Now()
		n, err := d.Write(ctx, records)
		if err != nil {
			return fmt.Errorf("%d of %d written after %s: %w", n, len(records), time.Since(begun), err)
		}
		fmt.Printf("%.1f s\n", time.Since(begun).Seconds())
	}
	return d.Teardown(ctx)
}

// cpu is what the process has taken.
func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
