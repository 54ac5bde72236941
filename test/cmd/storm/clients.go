package main

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/conduitio/conduit-connector-kafka/test/kclient"
	"github.com/conduitio/conduit-connector-kafka/test/sides"
)

// client is a kind of member.
type client struct {
	name string
	open func(ctx context.Context, g group) (members, error)
}

// group is one that reads a topic, which has its name.
type group struct {
	servers        []string
	name, protocol string
}

// members are those of one group.
type members interface {
	// join makes a member that calls read with each record, until leave is called. The offsets
	// of what it has read are committed every second, and before it gives partitions back.
	join(ctx context.Context, read func(value string)) (leave func() error, err error)
	// close is called once all of them have left.
	close() error
}

var clients = []client{
	{"connector", func(_ context.Context, g group) (members, error) { return sources{g}, nil }},
	{"franz-go", func(_ context.Context, g group) (members, error) { return franz{g}, nil }},
	{"java", startJava},
}

// How often members send heartbeats by the classic protocol. In the other one the brokers
// choose.
const heartbeatInterval = time.Second

type sources struct{ group }

func (s sources) close() error { return nil }

func (s sources) join(ctx context.Context, read func(string)) (func() error, error) {
	settings := map[string]string{
		"servers": strings.Join(s.servers, ","), "topics": s.name, "groupID": s.name, "groupProtocol": s.protocol, "readFromBeginning": "true",
	}
	if s.protocol == "classic" {
		settings["heartbeatInterval"] = heartbeatInterval.String()
	}
	src, err := sides.OpenSource(ctx, settings, nil)
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
				read(string(r.Payload.After.Bytes()))
				if err := src.Ack(ctx, r.Position); err != nil {
					done <- err
					return
				}
			}
		}
	}()
	return func() error {
		stop()
		err := <-done
		if errors.Is(err, context.Canceled) {
			err = nil
		}
		return errors.Join(err, src.Teardown(ctx))
	}, nil
}

type franz struct{ group }

func (f franz) close() error { return nil }

func (f franz) join(ctx context.Context, read func(string)) (func() error, error) {
	cl, err := kgo.NewClient(kgo.WithContext(kclient.MemberContext(ctx, f.protocol)), kgo.SeedBrokers(f.servers...), kgo.ConsumerGroup(f.name), kgo.ConsumeTopics(f.name),
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
				read(string(r.Value))
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
