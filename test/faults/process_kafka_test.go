package faults_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/conduitio/conduit-connector-kafka/test/ledger"
	"github.com/conduitio/conduit-connector-kafka/test/sides"
)

const copyPipeline = `
version: "2.2"
pipelines:
  - id: copy
    status: running
    connectors:
      - id: from
        type: source
        plugin: builtin:kafka
        settings:
          servers: %[1]s
          topics: %[2]s
          groupID: %[3]s
          readFromBeginning: "true"
          commitOffsetsDelay: 1s
      - id: to
        type: destination
        plugin: builtin:kafka
        settings:
          servers: %[1]s
          topic: %[4]s
          deliveryTimeout: 2m
          sdk.record.format: template
          sdk.record.format.options: '{{ printf "%%s" .Payload.After.Bytes }}'
`

// A real Conduit copies one topic to another. Killed at any moment it has lost
// nothing, and writes again what it had written and not committed; stopped in order
// it writes nothing twice.
func TestConduitIsKilledAndStopped(t *testing.T) {
	if testing.Short() {
		t.Skip("runs Conduit, which takes long to build")
	}
	s := begin(t, "Conduit killed and stopped")
	s.ledger.Pace(60 * time.Millisecond)
	s.ledger.Elsewhere()
	c := s.copying()

	repeats := 0 // records that may be in the copy once more
	for round := range rounds(6, 50) {
		c.start(architecture(round)...)
		c.progress()
		time.Sleep(rand.N(time.Second))
		if round%2 == 0 {
			c.end(syscall.SIGKILL)
			repeats += c.uncommitted()
			s.bury()
		} else {
			s.is.Equal(c.end(syscall.SIGTERM).ExitCode(), 0)
			s.is.Equal(c.uncommitted(), 0)
		}
		s.ledger.Round()
	}
	s.stops[0]() // the writer
	c.start(architecture(0)...)
	r := c.completed()
	t.Logf("%d records were copied again; %d were copied and not committed when Conduit was killed", r.ReadTwice, repeats)
	s.is.True(r.ReadTwice <= repeats)
}

// Stopping waits for the records that Conduit has taken from the source, which its
// first architecture gives to the destination one by one.
func TestConduitStopsWhileItsDestinationIsSlow(t *testing.T) {
	if testing.Short() {
		t.Skip("runs Conduit, which takes long to build")
	}
	s := begin(t, "Conduit stopped with a slow destination")
	s.ledger.Elsewhere()
	c := s.copying()
	for node := 1; node <= 3; node++ {
		s.cluster.Proxy(node).Delay(25 * time.Millisecond) // to the broker, and back
	}
	c.start()
	c.await("a record in the copy", func() bool { return c.count() > 0 })
	time.Sleep(3 * time.Second) // it has read ahead
	s.is.Equal(c.end(syscall.SIGTERM).ExitCode(), 0)
	s.is.Equal(c.uncommitted(), 0)
	s.ledger.Round()
	s.is.NoErr(s.cluster.Restore(s.log))
	s.stops[0]()
	c.start(architecture(0)...)
	c.completed()
}

// A Conduit that goes on running, unlike one that is killed, copies nothing twice,
// whatever becomes of the brokers.
func TestConduitGoesOnWhileLeadersAreKilled(t *testing.T) {
	onlySoaking(t)
	for name, args := range map[string][]string{"v2": architecture(0), "v1": architecture(2)} {
		s := begin(t, "leader killed, Conduit's architecture "+name)
		s.ledger.Pace(60 * time.Millisecond)
		s.ledger.Elsewhere()
		c := s.copying()
		c.start(args...)
		for range 10 {
			c.progress()
			leader := s.leader()
			s.is.NoErr(s.cluster.KillNode(leader))
			c.progress()
			s.is.NoErr(s.cluster.StartNode(s.log, leader))
			s.ledger.Round()
		}
		s.stops[0]()
		s.is.Equal(c.completed().ReadTwice, 0)
	}
}

// completed lets Conduit copy the rest, stops it and checks what the ledger counts.
func (c *copier) completed() ledger.Result {
	c.s.t.Helper()
	c.complete()
	c.s.is.Equal(c.end(syscall.SIGTERM).ExitCode(), 0)
	for _, place := range c.copies() {
		c.s.ledger.Returned(place.partition, place.offset, place.key, place.value)
	}
	return c.s.conclude(nil)
}

// architecture alternates between Conduit's two.
func architecture(round int) []string {
	if round/2%2 == 0 {
		return []string{"--preview.pipeline-arch-v2"}
	}
	return nil
}

// copier is a Conduit that copies a scenario's topic.
type copier struct {
	*host
	s  *scenario
	to string // the copy's topic
}

// copying starts to write the scenario's topic and prepares a Conduit that copies it.
func (s *scenario) copying() *copier {
	s.t.Helper()
	dst, err := sides.OpenDestination(s.log, s.settings.destination)
	s.is.NoErr(err)
	s.write(dst)
	s.loop(func(ctx context.Context) { s.ledger.Watch(ctx, s.client, s.group) })
	to := s.cluster.NewTopic(s.t, partitions, nil)
	pipeline := fmt.Sprintf(copyPipeline, strings.Join(s.cluster.Servers(), ","), s.topic, s.group, to)
	c := &copier{newConduit(s.t, pipeline), s, to}
	s.loop(c.watch)
	return c
}

// watch tells the ledger when the copy grows.
func (c *copier) watch(ctx context.Context) {
	for last := int64(0); ctx.Err() == nil; {
		if ends, err := c.s.client.EndOffsets(ctx, c.to); err == nil && total(ends) > last {
			last = total(ends)
			c.s.ledger.Progressed()
		}
		select {
		case <-ctx.Done():
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func total(ends map[int32]int64) (sum int64) {
	for _, end := range ends {
		sum += end
	}
	return sum
}

// count is how many records the copy has.
func (c *copier) count() int64 { return total(c.s.ends(c.to)) }

// progress waits until there are more records in every partition of the copy.
func (c *copier) progress() {
	c.s.t.Helper()
	before := c.s.ends(c.to)
	c.await("a new record in every partition of the copy", func() bool {
		for p, end := range c.s.ends(c.to) {
			if end <= before[p] {
				return false
			}
		}
		return true
	})
}

// complete waits until everything is committed.
func (c *copier) complete() {
	c.s.t.Helper()
	ends := c.s.ends(c.s.topic)
	c.await("the end", func() bool { return maps.Equal(c.s.committed(), ends) })
}

func (c *copier) await(what string, done func() bool) {
	c.s.t.Helper()
	for end := time.Now().Add(guard); !done(); time.Sleep(100 * time.Millisecond) {
		if c.ended() {
			c.s.t.Fatalf("Conduit ended by itself before %s", what)
		}
		if time.Now().After(end) {
			c.s.t.Logf("ends of the topic %v\ncommitted         %v\nends of the copy  %v", c.s.ends(c.s.topic), c.s.committed(), c.s.ends(c.to))
			_ = c.process.Signal(syscall.SIGQUIT) // for its goroutines in the log
			<-c.process.Done()
			c.s.t.Fatalf("not within %s: %s", guard, what)
		}
	}
}

// uncommitted counts the records that were copied and not committed when Conduit
// ended. It fails the test if some were committed and not copied.
func (c *copier) uncommitted() int {
	c.s.t.Helper()
	committed := c.settled()
	copied := make(map[int]bool)
	for _, r := range c.consume(c.to) {
		copied[r.number] = true
	}
	count := 0
	for _, r := range c.consume(c.s.topic) {
		switch done := r.offset < committed[r.partition]; {
		case done && !copied[r.number]:
			c.s.t.Errorf("record %d at %d/%d was committed and not copied", r.number, r.partition, r.offset)
		case !done && copied[r.number]:
			count++
		}
	}
	return count
}

// settled waits until the brokers are done with what the dead process had sent, and
// returns the committed offsets.
func (c *copier) settled() map[int32]int64 {
	c.s.t.Helper()
	for {
		ends, committed := c.s.ends(c.to), c.s.committed()
		time.Sleep(200 * time.Millisecond)
		if maps.Equal(ends, c.s.ends(c.to)) && maps.Equal(committed, c.s.committed()) {
			return committed
		}
	}
}

// found is a numbered record in a topic.
type found struct {
	number     int
	partition  int32
	offset     int64
	key, value []byte
}

func (c *copier) consume(topic string) []found {
	c.s.t.Helper()
	log := ask(c.s, func(ctx context.Context) ([]*kgo.Record, error) { return c.s.client.Consume(ctx, topic) })
	out := make([]found, len(log))
	for i, r := range log {
		number, ok := ledger.Number(r.Key, r.Value)
		if !ok {
			c.s.t.Errorf("record at %s/%d/%d is not what was written: %q: %q", topic, r.Partition, r.Offset, r.Key, r.Value)
		}
		out[i] = found{number, r.Partition, r.Offset, r.Key, r.Value}
	}
	return out
}

// copies returns the records of the copy, in its order, with the places that they
// were copied from.
func (c *copier) copies() []found {
	c.s.t.Helper()
	origin := make(map[int]found)
	for _, r := range c.consume(c.s.topic) {
		origin[r.number] = r
	}
	out := c.consume(c.to)
	for i := range out {
		from := origin[out[i].number]
		out[i].partition, out[i].offset = from.partition, from.offset
	}
	return out
}

// bury takes dead members out of the group, for which the coordinator would take
// the session timeout.
func (s *scenario) bury() {
	s.t.Helper()
	ask(s, func(ctx context.Context) (int, error) { return s.client.RemoveMembers(ctx, s.group) })
}
