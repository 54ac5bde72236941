package exactlyonce

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/produce"
	"github.com/conduitio/conduit-connector-kafka/internal/wire"
	"github.com/conduitio/conduit-connector-kafka/test/broker"
)

// BenchmarkSend writes 3,000 records at a time, ten times with transactions and ten times
// without in turn, so that what else the machine does counts for both, and reports the ratio
// of the rates.
func BenchmarkSend(b *testing.B) {
	for name, nodes := range map[string]int{"1 broker": 1, "3 brokers": 3} {
		b.Run(name, func(b *testing.B) {
			const size, parts, rounds = 3000, 6, 10
			kafka := broker.ForTest(b, broker.Options{Nodes: nodes})
			w := worldOf(b, kafka.Servers(), kafka.Direct())
			w.topic, w.id = "t-"+uuid.NewString(), uuid.NewString()
			w.NoErr(w.truth.CreateTopic(w.ctx, w.topic, parts, nil))
			x := w.start()
			client := cluster.New(w.servers, wire.Config{ClientID: "test", DialTimeout: 5 * time.Second, RequestTimeout: 5 * time.Second})
			defer client.Close()
			_, err := client.Refresh(w.ctx, []string{})
			w.NoErr(err)
			plain := produce.New(client, produce.Config{
				Acks: produce.AcksAll, DeliveryTimeout: w.limit, RequestTimeout: 5 * time.Second, BatchBytes: 1 << 20, Warn: func(string, error) {},
			})
			batch := func(round int) []message.Message {
				var out []message.Message
				for p := range parts {
					for _, m := range from(1, p, round*size/parts, (round+1)*size/parts) {
						m.Topic, m.Partition, m.Value = w.topic, int32(p), make([]byte, 100)
						out = append(out, m)
					}
				}
				return out
			}
			write := func(first int, send func(context.Context, []message.Message) (int, error)) time.Duration {
				var took time.Duration
				for round := range rounds {
					messages := batch(first + round)
					began := time.Now()
					_, err := send(w.ctx, messages)
					w.NoErr(err)
					took += time.Since(began)
				}
				return took
			}
			write(0, x.Send) // connections, and what is known of the brokers
			write(0, plain.Send)
			var with, without time.Duration
			n := 0
			for b.Loop() {
				n++
				with += write(n*rounds, x.Send)
				without += write(n*rounds, plain.Send)
			}
			each := func(d time.Duration) float64 { return d.Seconds() * 1000 / float64(n*rounds) }
			b.ReportMetric(each(with), "ms-with")
			b.ReportMetric(each(without), "ms-without")
			b.ReportMetric(each(without)/each(with), "ratio")
		})
	}
}
