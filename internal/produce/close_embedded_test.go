package produce

import (
	"errors"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/wire"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

// Whatever a Send waits for when the producer is closed, it ends, although
// deliveryTimeout and the caller's context have long to go.
func TestProducerCloseEndsASendThat(t *testing.T) {
	for name, c := range map[string]struct {
		change   func(*Config)
		arrange  func(*world)
		messages []message.Message
		at       kmsg.Key // the request after which it waits
	}{
		"waits to try again": {
			change:   func(c *Config) { c.Backoff = time.Hour },
			arrange:  func(w *world) { w.fail(0, kerr.NotEnoughReplicas.Code, -1) },
			messages: spread(1), at: kmsg.Produce,
		},
		"waits for an answer": {
			arrange:  func(w *world) { embedded.Ignore(w.fake, int16(kmsg.Produce), 1) },
			messages: spread(1), at: kmsg.Produce,
		},
		"waits for a topic": {
			change:   func(c *Config) { c.NewTopics = NewTopics{Create: true, Partitions: 1} },
			arrange:  func(w *world) { w.refuse(kerr.NotController, 1<<30) },
			messages: toFresh(), at: kmsg.CreateTopics,
		},
		"waits for a producer ID": {
			arrange: func(w *world) {
				embedded.Answer(w.fake, kmsg.InitProducerID, func(req kmsg.Request) kmsg.Response {
					return embedded.Refusal(req, kerr.CoordinatorLoadInProgress.Code)
				})
			},
			messages: spread(1), at: kmsg.InitProducerID,
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, func(cfg *Config) {
				cfg.DeliveryTimeout, cfg.RequestTimeout = 0, time.Hour
				if c.change != nil {
					c.change(cfg)
				}
			})
			begun := embedded.Count(w.fake, int16(c.at))
			c.arrange(w)
			sent := make(chan error, 1)
			go func() {
				_, err := w.p.Send(w.ctx, c.messages)
				sent <- err
			}()
			w.until(func() bool { return begun.Load() > 0 })
			w.p.Close()
			select {
			case err := <-sent:
				w.True(errors.Is(err, wire.ErrClosed))
			case <-time.After(10 * time.Second):
				t.Fatal("10s after Close, Send still waits")
			}
			_, err := w.p.Send(w.ctx, spread(1))
			w.True(errors.Is(err, wire.ErrClosed))
		})
	}
}
