package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/conduitio/conduit-connector-kafka/test/sides"
)

// client is a kind of member.
type client struct {
	name string
	// join makes a member that calls read with each record, until leave is called.
	join func(ctx context.Context, servers []string, topic, protocol string, read func(value []byte)) (leave func() error, err error)
}

var clients = []client{{"connector", joinSource}, {"franz-go", joinFranz}}

// How often members send heartbeats by the classic protocol. In the other one the brokers
// choose.
const heartbeatInterval = time.Second

func joinSource(ctx context.Context, servers []string, topic, protocol string, read func([]byte)) (func() error, error) {
	s := map[string]string{
		"servers": strings.Join(servers, ","), "topics": topic, "groupID": topic, "groupProtocol": protocol, "readFromBeginning": "true",
	}
	if protocol == "classic" {
		s["heartbeatInterval"] = heartbeatInterval.String()
	}
	src, err := sides.OpenSource(ctx, s, nil)
	if err != nil {
		return nil, err
	}
	reading, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() {
		for {
			records, err := src.ReadN(reading, 1000)
			if err != nil {
				done <- err
				return
			}
			for _, r := range records {
				read(r.Payload.After.Bytes())
				if err := src.Ack(ctx, r.Position); err != nil {
					done <- err
					return
				}
			}
		}
	}()
	return func() error {
		stop()
		if err := <-done; !errors.Is(err, context.Canceled) {
			return err
		}
		return src.Teardown(ctx)
	}, nil
}

// joinFranz commits what was read every second, and before partitions are given back, as the
// connector does.
func joinFranz(ctx context.Context, servers []string, topic, protocol string, read func([]byte)) (func() error, error) {
	own := ctx
	if protocol == "consumer" { // the client asks for this
		own = context.WithValue(ctx, "opt_in_kafka_next_gen_balancer_beta", true) //nolint:staticcheck // the client's key is a string
	}
	cl, err := kgo.NewClient(kgo.WithContext(own), kgo.SeedBrokers(servers...), kgo.ConsumerGroup(topic), kgo.ConsumeTopics(topic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.HeartbeatInterval(heartbeatInterval),
		kgo.AutoCommitMarks(), kgo.AutoCommitInterval(time.Second), kgo.BlockRebalanceOnPoll(),
		kgo.OnPartitionsRevoked(func(ctx context.Context, cl *kgo.Client, _ map[string][]int32) { _ = cl.CommitMarkedOffsets(ctx) }))
	if err != nil {
		return nil, err
	}
	reading, stop := context.WithCancel(ctx)
	var task sync.WaitGroup
	task.Go(func() {
		for reading.Err() == nil {
			records := cl.PollFetches(reading).Records()
			for _, r := range records {
				read(r.Value)
			}
			cl.MarkCommitRecords(records...)
			cl.AllowRebalance()
		}
	})
	return func() error {
		stop()
		task.Wait()
		err := cl.CommitMarkedOffsets(ctx)
		cl.CloseAllowingRebalance()
		return err
	}, nil
}

// writer writes a record to each partition every ten milliseconds.
type writer struct {
	cl   *kgo.Client
	end  context.CancelFunc
	task sync.WaitGroup
}

func startWriting(servers []string, topic string, partitions int) (*writer, error) {
	cl, err := kgo.NewClient(kgo.SeedBrokers(servers...), kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerLinger(0))
	if err != nil {
		return nil, err
	}
	ctx, end := context.WithCancel(context.Background())
	w := &writer{cl: cl, end: end}
	w.task.Go(func() {
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for n := 0; ; n++ {
			for p := range partitions {
				cl.TryProduce(ctx, &kgo.Record{Topic: topic, Partition: int32(p), Value: fmt.Appendf(nil, "%d/%d", p, n)}, nil)
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
		}
	})
	return w, nil
}

func (w *writer) stop() {
	w.end()
	w.task.Wait()
	w.cl.Close()
}
