package faults_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"strconv"
	"sync"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
)

// A member of this connector, one of franz-go and one of Kafka's own client share
// the partitions, and go on when one of the others leaves or dies.
func TestAGroupOfThreeKindsOfMembers(t *testing.T) {
	s := begin(t, "three kinds of members")
	s.commitsUnseen = true // Java's commits may be seen before its output is
	s.writeAlone()
	seats := s.seats("")
	for range rounds(1, 5) {
		if !seats[0].taken() {
			seats[0].take()
		}
		s.joined(1)

		leave := s.franz()
		s.joined(2)

		_, done := s.java(3000) // then it leaves
		s.joined(3)
		<-done
		s.joined(2)

		kill, done := s.java(-1)
		s.joined(3)
		kill()
		<-done
		s.joined(2)

		seats[0].leave()
		s.joined(1)
		seats[0].take()
		s.joined(2)

		leave()
		s.joined(1)
		s.ledger.Round()
	}
	s.finishSeats(seats)
}

// joined waits for a stable group of n members, and for records to go through.
func (s *scenario) joined(members int) {
	s.t.Helper()
	s.stable(members)
	s.flow()
}

// franz joins with franz-go's consumer, which commits what it has read batch by batch.
func (s *scenario) franz() (leave func()) {
	s.t.Helper()
	cl, err := kgo.NewClient(kgo.SeedBrokers(s.cluster.Servers()...), kgo.ConsumerGroup(s.group), kgo.ConsumeTopics(s.topic),
		kgo.DisableAutoCommit(), kgo.BlockRebalanceOnPoll(), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	s.is.NoErr(err)
	ctx, cancel := context.WithCancel(s.log)
	var wg sync.WaitGroup
	wg.Go(func() {
		for ctx.Err() == nil {
			records := cl.PollFetches(ctx).Records()
			for _, r := range records {
				s.ledger.Returned(r.Partition, r.Offset, r.Key, r.Value)
				s.ledger.Acknowledging(r.Partition, r.Offset)
			}
			_ = cl.CommitRecords(s.log, records...) // those that it can't are read again
			cl.AllowRebalance()
		}
	})
	leave = sync.OnceFunc(func() {
		cancel()
		wg.Wait()
		cl.CloseAllowingRebalance()
	})
	s.t.Cleanup(leave)
	return leave
}

// java joins with Kafka's own consumer, which leaves after that many records, if that
// is not negative.
func (s *scenario) java(records int) (kill func(), done <-chan struct{}) {
	s.t.Helper()
	ctx, cancel := context.WithCancel(s.log)
	out, in := io.Pipe()
	var wg sync.WaitGroup
	wg.Go(func() {
		defer in.Close()
		err := s.cluster.ToolTo(ctx, in, "org.apache.kafka.tools.VerifiableConsumer",
			"--bootstrap-server", s.cluster.Servers()[0], "--topic", s.topic, "--group-id", s.group, "--session-timeout", "6000",
			"--assignment-strategy", "org.apache.kafka.clients.consumer.CooperativeStickyAssignor",
			"--max-messages", strconv.Itoa(records), "--verbose")
		if err != nil && ctx.Err() == nil {
			s.t.Errorf("Kafka's consumer: %v", err)
		}
	})
	wg.Go(func() { s.noteJava(out) })
	ended := make(chan struct{})
	go func() {
		wg.Wait()
		close(ended)
	}()
	s.t.Cleanup(func() { cancel(); <-ended })
	return cancel, ended
}

// noteJava notes what Kafka's consumer says that it has read, a line a record.
func (s *scenario) noteJava(out io.Reader) {
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		var event struct {
			Name       string
			Key, Value string
			Partition  int32
			Offset     int64
		}
		if json.Unmarshal(lines.Bytes(), &event) == nil && event.Name == "record_data" {
			s.ledger.Returned(event.Partition, event.Offset, []byte(event.Key), []byte(event.Value))
			s.ledger.Acknowledging(event.Partition, event.Offset)
		}
	}
	_, _ = io.Copy(io.Discard, out) // the tool must not wait for us
}
