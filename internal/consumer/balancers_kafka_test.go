package consumer

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/conduitio/conduit-connector-kafka/test/broker"
)

// By each of the balancers partitions are shared with Kafka's own consumer, whoever
// of the two makes the assignment.
func TestSharesPartitionsWithKafkasConsumerByEachBalancer(t *testing.T) {
	for balancer, assignor := range map[string]string{
		"cooperative-sticky": "CooperativeStickyAssignor",
		"range":              "RangeAssignor",
		"roundrobin":         "RoundRobinAssignor",
		"sticky":             "StickyAssignor",
	} {
		t.Run(balancer, func(t *testing.T) {
			is := is.New(t)
			ctx, kafka, truth := realKafka(t)
			topic, g := kafka.NewTopic(t, 6, nil), broker.Name(t)
			open := func() *Consumer {
				return openWith(t, kafka.Servers(), topic, g, func(c *Config) { c.Group.Balancers = []string{balancer} })
			}

			ours := open() // joins first, so it leads
			settled(ctx, t, ours, 6)
			type output struct {
				text string
				err  error
			}
			java := make(chan output, 1)
			life, end := context.WithCancel(ctx)
			defer end()
			go func() {
				text, err := kafka.Tool(life, "org.apache.kafka.tools.consumer.ConsoleConsumer",
					"--bootstrap-server", kafka.Servers()[0], "--topic", topic, "--group", g,
					"--from-beginning", "--max-messages", "3",
					"--consumer-property", "partition.assignment.strategy=org.apache.kafka.clients.consumer."+assignor)
				java <- output{text, err}
			}()
			members(ctx, t, truth, g, 2)
			settled(ctx, t, ours, 3)

			is.NoErr(ours.Close(ctx)) // now the other one leads
			members(ctx, t, truth, g, 1)
			ours = open()
			members(ctx, t, truth, g, 2)
			settled(ctx, t, ours, 3)

			var records []*kgo.Record
			for p := range int32(6) {
				records = append(records, &kgo.Record{Topic: topic, Partition: p, Value: fmt.Append(nil, "record-", p)})
			}
			is.NoErr(truth.Produce(ctx, records...))
			seen := map[string]int{}
			for range 3 {
				batches, err := ours.Next(ctx, 1)
				is.NoErr(err)
				seen[string(batches[0].Records[0].Value)]++
			}
			theirs := <-java // it ends after three records
			is.NoErr(theirs.err)
			for _, line := range strings.Fields(theirs.text) {
				if strings.HasPrefix(line, "record-") {
					seen[line]++
				}
			}
			is.Equal(len(seen), 6) // each record has been read by one of the two
			settled(ctx, t, ours, 6)
			is.NoErr(ours.Close(ctx))
		})
	}
}
