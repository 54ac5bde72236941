package connector_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/conduitio/conduit-connector-kafka/test/expect"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

// noon is the time of the first record of timed topics; each later one is a minute
// younger.
var noon = time.Date(2026, time.January, 31, 12, 0, 0, 0, time.UTC)

// timedTopic has 20 records in each of its partitions, of which the first 3 are
// deleted in partition 0.
func timedTopic(t *testing.T, client *kclient.Client, partitions int32) string {
	t.Helper()
	is, topic := is.New(t), freshTopic(t, client, partitions)
	var records []*kgo.Record
	for p := range partitions {
		for i := range 20 {
			records = append(records, &kgo.Record{
				Topic: topic, Partition: p, Value: fmt.Appendf(nil, "%d/%d", p, i), Timestamp: noon.Add(time.Duration(i) * time.Minute),
			})
		}
	}
	ctx := guarded(t)
	is.NoErr(client.Produce(ctx, records...))
	is.NoErr(client.DeleteRecords(ctx, topic, 0, 3))
	return topic
}

func TestStartsWhereStartAtSays(t *testing.T) {
	t.Parallel()
	cluster, client, _ := realKafka(t, 1)
	topic := timedTopic(t, client, 1)
	for name, test := range map[string]struct {
		settings settings
		want     int64 // the committed start
		logged   string
	}{
		"by default":                   {settings{}, 20, "offset 20 (what is written from now on)"},
		"latest":                       {settings{"startAt": "latest"}, 20, "offset 20 (what is written from now on)"},
		"earliest":                     {settings{"startAt": "earliest"}, 3, "offset 3 (the first record)"},
		"earliest, twice":              {settings{"startAt": "earliest", "readFromBeginning": "true"}, 3, "offset 3 (the first record)"},
		"at the time of a record":      {settings{"startAt": "2026-01-31T12:07:00Z"}, 7, "offset 7 (the first record at or after 2026-01-31T12:07:00Z)"},
		"between two, in another zone": {settings{"startAt": "2026-01-31T14:06:59.5+02:00"}, 7, "offset 7"},
		"before all":                   {settings{"startAt": "1970-01-01T00:00:00Z"}, 3, "offset 3"},
		"after all":                    {settings{"startAt": "2026-01-31T12:20:00Z"}, 20, "offset 20 (the end, since there is not yet the first record at or after"},
		"an offset":                    {settings{"startAt": "TOPIC:0:11"}, 11, "offset 11 (startAt names it)"},
		"the end":                      {settings{"startAt": "TOPIC:0:20"}, 20, "offset 20 (startAt names it)"},
		"a deleted offset":             {settings{"startAt": "TOPIC:0:1"}, 3, "offset 3 (startAt names 1, which is not in the log)"},
		"a deleted offset, and latest": {settings{"startAt": "TOPIC:0:1", "autoOffsetReset": "latest"}, 20, "offsets 1 to 19, up to 19 records, are not read"},
		"beyond the end":               {settings{"startAt": "TOPIC:0:21"}, 3, "offset 3 (startAt names 21, which is not in the log)"},
		"beyond the end, and latest":   {settings{"startAt": "TOPIC:0:99", "autoOffsetReset": "latest"}, 20, "where group"},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			ctx, log := logged(t)
			group := "g-" + strings.ReplaceAll(name, " ", "-") + topic
			s := settings{"servers": list(cluster.Servers()), "topics": topic, "groupID": group}.with(test.settings)
			s["startAt"] = strings.ReplaceAll(s["startAt"], "TOPIC", topic)
			src, err := openSource(ctx, s, nil)
			is.NoErr(err)
			awaitCommitted(ctx, t, client, group, topic, 0, test.want)
			awaitLog(ctx, t, log, test.logged)
			if test.want < 20 {
				records, err := read(ctx, src, 20-int(test.want))
				is.NoErr(err)
				is.Equal(offsetOf(t, records[0]), test.want)
			}
			is.NoErr(src.Teardown(ctx))
		})
	}
}

// A place that can't be is told, and leaves no trace in the group that would
// outlive its correction.
func TestSaysWhatIsWrongWithStartAt(t *testing.T) {
	t.Parallel()
	cluster, client, _ := realKafka(t, 1)
	topic := timedTopic(t, client, 2)
	for name, test := range map[string]struct {
		settings settings
		says     string
	}{
		"no such partition": {settings{"startAt": topic + ":2:0"}, fmt.Sprintf("startAt: %s:2:0: topic %q has 2 partitions", topic, topic)},
		"no such offset":    {settings{"startAt": topic + ":0:1", "autoOffsetReset": "error"}, "offsets 1 to 2, up to 2 records, were deleted, and autoOffsetReset is error"},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			ctx := guarded(t)
			group := "g-" + strings.ReplaceAll(name, " ", "-") + topic
			s := settings{"servers": list(cluster.Servers()), "topics": topic, "groupID": group}
			src, err := openSource(ctx, s.with(test.settings), nil)
			if err == nil {
				_, err = src.ReadN(ctx, 1)
				is.NoErr(src.Teardown(ctx))
			}
			is.True(err != nil)
			t.Log(err)
			expect.Error(t, err, test.says)

			src, err = openSource(ctx, s.with(settings{"startAt": topic + ":0:3"}), nil)
			is.NoErr(err)
			records, err := read(ctx, src, 17)
			is.NoErr(err)
			is.Equal(offsetOf(t, records[0]), int64(3))
			is.NoErr(src.Teardown(ctx))
		})
	}
}

// A group ID and startAt are a seek to any offset; what the group has committed
// decides from then on, until another group ID seeks again.
func TestSeeksToAnyOffset(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	ctx := guarded(t)
	cluster, client, _ := realKafka(t, 1)
	topic := timedTopic(t, client, 3)
	seek := func(group string, offsets [3]int) map[string][]string {
		t.Helper()
		src, err := openSource(ctx, settings{
			"servers": list(cluster.Servers()), "topics": topic, "groupID": group,
			"startAt": fmt.Sprintf("%[1]s:0:%[2]d, %[1]s:1:%[3]d, %[1]s:2:%[4]d", topic, offsets[0], offsets[1], offsets[2]),
		}, nil)
		is.NoErr(err)
		want := 0
		for _, o := range offsets {
			want += 20 - o
		}
		records, err := read(ctx, src, want)
		is.NoErr(err)
		got := map[string][]string{}
		for _, r := range records {
			p := r.Metadata["kafka.partition"]
			got[p] = append(got[p], string(r.Payload.After.Bytes()))
			is.NoErr(src.Ack(ctx, r.Position))
		}
		is.NoErr(src.Teardown(ctx))
		return got
	}
	is.Equal(seek("first-"+topic, [3]int{18, 20, 19}), map[string][]string{"0": {"0/18", "0/19"}, "2": {"2/19"}})
	is.Equal(seek("again-"+topic, [3]int{19, 18, 20}), map[string][]string{"0": {"0/19"}, "1": {"1/18", "1/19"}})

	// The first group has its own offsets now, wherever startAt points.
	is.NoErr(client.Produce(ctx, &kgo.Record{Topic: topic, Partition: 1, Value: []byte("1/20")}))
	src, err := openSource(ctx, settings{
		"servers": list(cluster.Servers()), "topics": topic, "groupID": "first-" + topic, "startAt": topic + ":0:5," + topic + ":1:5",
	}, nil)
	is.NoErr(err)
	records, err := read(ctx, src, 1)
	is.NoErr(err)
	is.Equal(len(records), 1)
	is.Equal(string(records[0].Payload.After.Bytes()), "1/20")
	is.NoErr(src.Teardown(ctx))
}

// Partitions that startAt does not name start as readFromBeginning says.
func TestStartsInOtherPartitionsAsReadFromBeginningSays(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	ctx := guarded(t)
	cluster, client, _ := realKafka(t, 1)
	topic := timedTopic(t, client, 2)
	for fromBeginning, want := range map[string]int64{"false": 20, "true": 0} {
		group := "g-" + fromBeginning + topic
		src, err := openSource(ctx, settings{
			"servers": list(cluster.Servers()), "topics": topic, "groupID": group, "startAt": topic + ":0:9", "readFromBeginning": fromBeginning,
		}, nil)
		is.NoErr(err)
		awaitCommitted(ctx, t, client, group, topic, 0, 9)
		awaitCommitted(ctx, t, client, group, topic, 1, want)
		is.NoErr(src.Teardown(ctx))
	}
}
