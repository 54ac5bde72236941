package produce

import (
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

// A leader writes a batch, freezes before its answer, and another takes over, long
// before the request timeout: the batch is sent to that one, which has it already.
func TestAsksTheNextLeaderWhenTheLastIsSilent(t *testing.T) {
	t.Parallel()
	var spoiler embedded.Spoiler
	w := newWorld(t, func(c *Config) { c.DeliveryTimeout, c.RequestTimeout = 0, time.Hour }, kfake.NumBrokers(2), spoiler.Option())
	leader := w.fake.LeaderFor(topic, 0)
	spoiler.Next(kmsg.Produce, embedded.Silence(), 1)
	sent := make(chan error, 1)
	go func() {
		_, err := w.p.Send(w.ctx, spread(1))
		sent <- err
	}()
	for spoiler.Left() > 0 && w.ctx.Err() == nil {
		time.Sleep(time.Millisecond)
	}
	w.NoErr(w.fake.MoveTopicPartition(topic, 0, 1-leader))
	w.NoErr(<-sent)
	w.Equal(w.written(), map[int32][]string{0: {"0"}})
}

// Each of them may take requestTimeout, which is far longer than the first silence that is
// put up with.
func TestTheLastAttemptHasAllOfTheRequestTimeout(t *testing.T) {
	for _, kind := range []kmsg.Key{kmsg.Produce, kmsg.InitProducerID, kmsg.Metadata} {
		t.Run(kmsg.NameForKey(kind.Int16()), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, func(c *Config) { c.MaxAttempts, c.RequestTimeout = 1, 30*time.Second }, kfake.NumBrokers(1))
			w.fake.ControlKey(kind.Int16(), func(kmsg.Request) (kmsg.Response, error, bool) {
				w.fake.SleepControl(func() { time.Sleep(firstSilence + 2*time.Second) })
				return nil, nil, false
			})
			_, err := w.p.Send(w.ctx, spread(1))
			w.NoErr(err)
		})
	}
}
