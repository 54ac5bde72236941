package connector_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/conduitio/conduit-connector-protocol/pconnector"
	sdk "github.com/conduitio/conduit-connector-sdk"
	"github.com/matryer/is"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

// named returns a context as Conduit gives it to the connector with an ID.
func named(t *testing.T, ctx context.Context, id string) context.Context {
	t.Helper()
	var opened opener
	cfg := pconnector.PluginConfig{ConnectorID: id}
	_, err := sdk.NewDestinationPlugin(&opened, cfg, nil).Open(ctx, pconnector.DestinationOpenRequest{})
	is.New(t).NoErr(err)
	return opened.ctx
}

type opener struct {
	sdk.UnimplementedDestination
	ctx context.Context
}

func (o *opener) Open(ctx context.Context) error {
	o.ctx = ctx
	return nil
}

// metricsOf returns what the default registry has for a connector, by name and by
// labels other than the connector's. Of a histogram it is how often something was
// observed.
func metricsOf(t *testing.T, id string) map[string]float64 {
	t.Helper()
	families, err := prometheus.DefaultGatherer.Gather()
	is.New(t).NoErr(err)
	out := make(map[string]float64)
	for _, f := range families {
		for _, m := range f.GetMetric() {
			var labels []string
			mine := false
			for _, l := range m.GetLabel() {
				if l.GetName() == "connector" {
					mine = l.GetValue() == id
				} else {
					labels = append(labels, fmt.Sprintf("%s=%s", l.GetName(), l.GetValue()))
				}
			}
			if mine {
				name := strings.TrimPrefix(f.GetName(), "conduit_kafka_") + "{" + strings.Join(labels, ",") + "}"
				out[name] = m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
			}
		}
	}
	return out
}

// awaitMetrics waits until the metrics of a connector have values.
func awaitMetrics(t *testing.T, id string, want map[string]float64) {
	t.Helper()
	var got map[string]float64
	for end := time.Now().Add(guard); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		got = metricsOf(t, id)
		if missing := diff(want, got); missing == "" {
			return
		}
	}
	t.Fatalf("after %s the metrics differ: %s", guard, diff(want, got))
}

func diff(want, got map[string]float64) string {
	var out []string
	for name, value := range want {
		if g, ok := got[name]; !ok {
			out = append(out, name+" is missing")
		} else if g != value {
			out = append(out, fmt.Sprintf("%s is %g, not %g", name, g, value))
		}
	}
	return strings.Join(out, "; ")
}

func TestADestinationCountsWhatItWrites(t *testing.T) {
	is := is.New(t)
	c := embedded.Start(t, kfake.NumBrokers(1), kfake.SeedTopics(1, "topic"))
	ctx := named(t, guarded(t), "to")
	dst, err := openDestination(ctx, settings{"servers": list(c.ListenAddrs()), "topic": "topic", "batchBytes": "1000", "compression": "none"})
	is.NoErr(err)

	c.ControlKey(int16(kmsg.Produce), func(req kmsg.Request) (kmsg.Response, error, bool) {
		res := req.ResponseKind().(*kmsg.ProduceResponse)
		rt := kmsg.NewProduceResponseTopic()
		rt.Topic, rt.TopicID = "topic", c.TopicInfo("topic").TopicID
		p := kmsg.NewProduceResponseTopicPartition()
		p.ErrorCode = kerr.NotLeaderForPartition.Code
		rt.Partitions = append(rt.Partitions, p)
		res.Topics = append(res.Topics, rt)
		return res, nil, true
	})
	n, err := dst.Write(ctx, numbered(3))
	is.NoErr(err)
	is.Equal(n, 3)
	large := numbered(5)
	large[4].Payload.After = opencdc.RawData(strings.Repeat("x", 1000))
	n, err = dst.Write(ctx, large)
	is.True(err != nil)
	is.Equal(n, 4)

	got := metricsOf(t, "to")
	is.Equal(diff(map[string]float64{
		"records_total{type=destination}":                               7,
		"errors_total{kind=record_too_large,type=destination}":          1,
		"retries_total{kind=not_leader_for_partition,type=destination}": 1,
	}, got), "")
	is.True(got["request_duration_seconds{api=Produce,type=destination}"] >= 3)
	is.True(got["connects_total{result=ok,type=destination}"] >= 1)
	// Seven small records take more than themselves and less than the limit each.
	is.True(got["bytes_total{type=destination}"] > 7*50)
	is.True(got["bytes_total{type=destination}"] < 7*1000)

	is.NoErr(dst.Teardown(ctx))
	is.Equal(len(metricsOf(t, "to")), 0)
}

// A quota slows both sides down, and the metric shows for how long.
func TestBothSidesCountThePausesOfQuotas(t *testing.T) {
	is := is.New(t)
	c := embedded.Start(t, kfake.NumBrokers(1), kfake.SeedTopics(1, "topic"))
	s := settings{"servers": list(c.ListenAddrs())}
	to := named(t, guarded(t), "throttled to")
	dst, err := openDestination(to, s.with(settings{"topic": "topic"}))
	is.NoErr(err)
	embedded.Answer(c, kmsg.Produce, func(req kmsg.Request) kmsg.Response {
		res := embedded.Refusal(req, kerr.NotLeaderForPartition.Code).(*kmsg.ProduceResponse)
		res.ThrottleMillis = 250
		return res
	})
	ctx, cancel := context.WithTimeout(to, 5*time.Second)
	defer cancel()
	_, err = dst.Write(ctx, numbered(1))
	is.True(err != nil)
	pauses := metricsOf(t, "throttled to")["throttled_seconds_total{type=destination}"]
	is.True(pauses >= 0.5 && pauses <= 6)
	is.NoErr(dst.Teardown(to))

	from := named(t, guarded(t), "throttled from")
	src, err := openSource(from, s.with(settings{"topics": "topic", "readFromBeginning": "true"}), nil)
	is.NoErr(err)
	embedded.Answer(c, kmsg.Fetch, func(req kmsg.Request) kmsg.Response {
		res := embedded.Refusal(req, kerr.NotLeaderForPartition.Code).(*kmsg.FetchResponse)
		res.ThrottleMillis = 100
		return res
	})
	ctx, cancel = context.WithTimeout(from, 3*time.Second)
	defer cancel()
	_, err = src.ReadN(ctx, 1)
	is.True(err != nil)
	is.True(metricsOf(t, "throttled from")["throttled_seconds_total{type=source}"] >= 0.1)
	is.NoErr(src.Teardown(from))
}

func TestADestinationCountsWhatItDrops(t *testing.T) {
	is := is.New(t)
	c := embedded.Start(t, kfake.NumBrokers(1), kfake.SeedTopics(1, "topic"))
	ctx := named(t, guarded(t), "dropping")
	dst, err := openDestination(ctx, settings{"servers": list(c.ListenAddrs()), "topic": "topic", "batchBytes": "1000", "onOversize": "drop"})
	is.NoErr(err)
	records := numbered(5)
	records[2].Payload.After = opencdc.RawData(strings.Repeat("x", 1000))
	n, err := dst.Write(ctx, records)
	is.NoErr(err)
	is.Equal(n, 5) // Conduit is done with it
	is.Equal(diff(map[string]float64{
		"records_total{type=destination}":         4,
		"dropped_records_total{type=destination}": 1,
	}, metricsOf(t, "dropping")), "")
	is.NoErr(dst.Teardown(ctx))
}

func TestASourceCountsWhatItReads(t *testing.T) {
	is := is.New(t)
	c := embedded.Start(t, kfake.NumBrokers(1), kfake.SeedTopics(1, "topic"))
	s := settings{"servers": list(c.ListenAddrs())}
	n, err := write(guarded(t), s.with(settings{"topic": "topic", "metrics": "false"}), numbered(10)...)
	is.NoErr(err)
	is.Equal(n, 10)

	ctx := named(t, guarded(t), "from")
	src, err := openSource(ctx, s.with(settings{"topics": "topic", "groupID": "g", "readFromBeginning": "true", "commitOffsetsDelay": "20ms"}), nil)
	is.NoErr(err)
	records, err := read(ctx, src, 10)
	is.NoErr(err)
	for _, r := range records[:4] {
		is.NoErr(src.Ack(ctx, r.Position))
	}
	awaitMetrics(t, "from", map[string]float64{
		"records_total{type=source}":                            10,
		"rebalances_total{type=source}":                         1,
		"lost_partitions_total{type=source}":                    0,
		"offset_resets_total{type=source}":                      0,
		"assigned_partitions{type=source}":                      1,
		"unacknowledged_records{type=source}":                   6,
		"lag_records{partition=0,topic=topic,type=source}":      6,
		"read_lag_records{partition=0,topic=topic,type=source}": 0,
		"request_duration_seconds{api=JoinGroup,type=source}":   2, // the first gives the member its ID
		"request_duration_seconds{api=SyncGroup,type=source}":   1,
	})
	got := metricsOf(t, "from")
	is.True(got["bytes_total{type=source}"] > 0)
	// The start and the first acknowledged records may go out in one commit.
	is.True(got["commits_total{result=ok,type=source}"] >= 1)
	is.True(got["request_duration_seconds{api=Fetch,type=source}"] >= 1)

	is.NoErr(src.Teardown(ctx))
	is.Equal(len(metricsOf(t, "from")), 0)
}

func TestASourceCountsTroubleItGetsOver(t *testing.T) {
	is := is.New(t)
	c := embedded.Start(t, kfake.NumBrokers(1), kfake.SeedTopics(1, "topic"))
	s := settings{"servers": "127.0.0.1:1," + list(c.ListenAddrs())} // nobody listens at the first
	ctx := named(t, guarded(t), "trouble")
	src, err := openSource(ctx, s.with(settings{"topics": "topic"}), nil)
	is.NoErr(err)
	embedded.Disconnect(c, int16(kmsg.Fetch), 2)
	for metricsOf(t, "trouble")["retries_total{kind=connection,type=source}"] < 2 {
		is.NoErr(ctx.Err())
		time.Sleep(20 * time.Millisecond)
	}
	is.True(metricsOf(t, "trouble")["request_errors_total{api=Fetch,kind=connection,type=source}"] >= 2)
	is.NoErr(src.Teardown(ctx))
}

func TestWithoutMetricsThereAreNone(t *testing.T) {
	is := is.New(t)
	c := embedded.Start(t, kfake.NumBrokers(1), kfake.SeedTopics(1, "topic"))
	ctx := named(t, guarded(t), "none")
	dst, err := openDestination(ctx, settings{"servers": list(c.ListenAddrs()), "topic": "topic", "metrics": "false"})
	is.NoErr(err)
	n, err := dst.Write(ctx, numbered(3))
	is.NoErr(err)
	is.Equal(n, 3)
	is.Equal(len(metricsOf(t, "none")), 0)
	is.NoErr(dst.Teardown(ctx))
}

func TestAConnectorThatDoesNotOpenLeavesNoMetrics(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	c := embedded.Start(t, kfake.NumBrokers(1), kfake.EnableSASL(), kfake.Superuser("PLAIN", "bob", "bob-secret"))
	ctx := named(t, guarded(t), "unopened")
	s := settings{"servers": list(c.ListenAddrs()), "saslUsername": "bob", "saslPassword": "wrong"}
	_, err := openDestination(ctx, s.with(settings{"topic": "topic"}))
	is.True(err != nil)
	_, err = openSource(ctx, s.with(settings{"topics": "topic"}), nil)
	is.True(err != nil)
	is.Equal(len(metricsOf(t, "unopened")), 0)
}
