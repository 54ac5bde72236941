package connector_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/google/uuid"
	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kgo"

	kafka "github.com/conduitio/conduit-connector-kafka"
)

// What records say of themselves where it is asked for, which of that becomes headers, and
// the context of a trace (W3C Trace Context), from end to end.
func TestMetadataAndTraceContextGoFromEndToEnd(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	cluster, client, to := realKafka(t, 1)
	ctx := guarded(t)
	from := "t-" + uuid.NewString()
	is.NoErr(client.CreateTopic(ctx, from, 1, map[string]string{"message.timestamp.type": "LogAppendTime"}))
	const parent, state = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "vendor=a"
	before := time.Now().Add(-time.Second)
	is.NoErr(client.Produce(ctx, &kgo.Record{
		Topic: from, Key: []byte("key"), Value: []byte("value"), Timestamp: time.UnixMilli(1),
		Headers: []kgo.RecordHeader{{Key: "traceparent", Value: []byte(parent)}, {Key: "tracestate", Value: []byte(state)}, {Key: "tracestate", Value: []byte("vendor=b")}},
	}, &kgo.Record{Topic: from}))
	servers := settings{"servers": list(cluster.Servers())}
	src, err := openSource(ctx, servers.with(settings{"topics": from, "readFromBeginning": "true", "groupID": "g-" + from, "metadata": "timestampType,leaderEpoch,size"}), nil)
	is.NoErr(err)
	records, err := read(ctx, src, 2)
	is.NoErr(err)
	extras := func(r opencdc.Record) opencdc.Metadata {
		out := maps.Clone(r.Metadata)
		maps.DeleteFunc(out, func(name, _ string) bool {
			return !slices.Contains([]string{"kafka.timestampType", "kafka.leaderEpoch", "kafka.keySize", "kafka.valueSize"}, name)
		})
		return out
	}
	is.Equal(extras(records[0]), opencdc.Metadata{"kafka.timestampType": "LogAppendTime", "kafka.leaderEpoch": "0", "kafka.keySize": "3", "kafka.valueSize": "5"})
	is.Equal(extras(records[1]), opencdc.Metadata{"kafka.timestampType": "LogAppendTime", "kafka.leaderEpoch": "0", "kafka.keySize": "0", "kafka.valueSize": "0"})
	is.Equal(records[0].Metadata[kafka.MetadataHeaderPrefix+"traceparent"], parent)
	at, err := records[0].Metadata.GetCreatedAt()
	is.NoErr(err)
	is.True(at.After(before)) // the broker's time, and not the producer's

	_, err = write(ctx, servers.with(copying).with(settings{"topic": to, "headersFromMetadata": "kafka.timestampType,kafka.leaderEpoch,kafka.*Size,opencdc.collection"}), records...)
	is.NoErr(err)
	is.NoErr(src.Teardown(ctx))
	got := consume(t, client, to)
	is.Equal(len(got), 2)
	headers := func(r *kgo.Record) []string {
		var out []string
		for _, h := range r.Headers {
			out = append(out, h.Key+"="+string(h.Value))
		}
		return out
	}
	chosen := func(key, value string) []string {
		return []string{"kafka.keySize=" + key, "kafka.leaderEpoch=0", "kafka.timestampType=LogAppendTime", "kafka.valueSize=" + value, "opencdc.collection=" + from}
	}
	is.Equal(headers(got[0]), append([]string{"traceparent=" + parent, "tracestate=" + state, "tracestate=vendor=b"}, chosen("3", "5")...))
	is.Equal(headers(got[1]), chosen("0", "0"))
	is.Equal(got[0].Timestamp.UnixMilli(), at.UnixMilli())
}
