package versions_test

import (
	"context"
	"maps"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/conduitio/conduit-connector-kafka/test/java"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

// seat is a place in the group: it is taken by a protocol until what it returns is called.
type seat func(protocol string) (leave func())

// ours is the seat of a source, of a static one if it has a name.
func (m *mixture) ours(instance string) seat {
	return func(protocol string) func() {
		s := m.source.with(settings{"groupProtocol": protocol, "groupInstanceID": instance})
		if protocol == "classic" {
			maps.Copy(s, settings{"sessionTimeout": "10s", "heartbeatInterval": "200ms"})
		}
		if instance == "" {
			delete(s, "groupInstanceID")
		}
		member := join(m.ctx, m.t, s)
		gone := make(chan struct{})
		done := make(chan struct{})
		go func() {
			defer close(done)
			for {
				for _, r := range member.take() {
					m.note(r.Payload.After.Bytes())
				}
				select {
				case <-gone:
					return
				case <-time.After(10 * time.Millisecond):
				}
			}
		}()
		return sync.OnceFunc(func() {
			member.leave(m.t)
			close(gone)
			<-done
			for _, r := range member.take() {
				m.note(r.Payload.After.Bytes())
			}
		})
	}
}

// franz is the seat of a member of franz-go, which is dynamic.
func (m *mixture) franz(protocol string) func() {
	ctx := kclient.MemberContext(context.Background(), protocol)
	cl, err := kgo.NewClient(kgo.WithContext(ctx), kgo.SeedBrokers(m.c.servers...), kgo.ConsumerGroup(m.group), kgo.ConsumeTopics(m.topic),
		kgo.DisableAutoCommit(), kgo.BlockRebalanceOnPoll(), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.HeartbeatInterval(200*time.Millisecond), kgo.SessionTimeout(10*time.Second),
		kgo.Balancers(kgo.CooperativeStickyBalancer(), kgo.RangeBalancer()))
	m.is.NoErr(err)
	reading, cancel := context.WithCancel(m.ctx)
	var task sync.WaitGroup
	task.Go(func() {
		for reading.Err() == nil {
			records := cl.PollFetches(reading).Records()
			for _, r := range records {
				m.note(r.Value)
			}
			_ = cl.CommitRecords(m.ctx, records...) // those that it can't are read again
			cl.AllowRebalance()
		}
	})
	leave := sync.OnceFunc(func() {
		cancel()
		task.Wait()
		cl.CloseAllowingRebalance()
	})
	m.t.Cleanup(leave)
	return leave
}

// java is the seat of a member of Kafka's own consumer, which is dynamic.
func (m *mixture) java() seat {
	members, err := java.Start(m.ctx, m.c.servers, m.group, m.topic)
	m.is.NoErr(err)
	m.t.Cleanup(func() { m.is.NoErr(members.Close()) })
	return func(protocol string) func() {
		leave, err := members.Join(protocol, func(value string) { m.note([]byte(value)) })
		m.is.NoErr(err)
		return sync.OnceFunc(func() { m.is.NoErr(leave()) })
	}
}
