package main

import (
	"bytes"
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/conduitio/conduit-connector-kafka/bench/internal/payload"
	"github.com/conduitio/conduit-connector-kafka/bench/internal/result"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

const (
	topic      = "t"
	partitions = 6
	// guard bounds what must not hang. It is generous: machines are slow at times.
	guard = 90 * time.Second
)

// startKafka starts an embedded broker with an empty topic.
func startKafka(t *testing.T) (servers string, client *kclient.Client) {
	t.Helper()
	addrs := embedded.Start(t, kfake.NumBrokers(1), kfake.SeedTopics(partitions, topic)).ListenAddrs()
	client, err := kclient.New(addrs)
	is.New(t).NoErr(err)
	t.Cleanup(client.Close)
	return strings.Join(addrs, ","), client
}

func measure(t *testing.T, args ...string) result.Run {
	t.Helper()
	is := is.New(t)
	ctx, cancel := context.WithTimeout(t.Context(), guard)
	defer cancel()
	var stdout, stderr bytes.Buffer
	if err := run(ctx, args, &stdout, &stderr); err != nil {
		t.Fatalf("%v\n%s", err, &stderr)
	}
	var r result.Run
	is.NoErr(json.Unmarshal(stdout.Bytes(), &r))
	return r
}

func sum(offsets map[int32]int64) (total int64) {
	for _, n := range offsets {
		total += n
	}
	return total
}

func TestSource_counts_and_commits_what_it_reads(t *testing.T) {
	servers, client := startKafka(t)
	const count, size = 2000, 100
	var records []*kgo.Record
	for i := range count {
		records = append(records, &kgo.Record{Topic: topic, Partition: int32(i % partitions), Value: payload.Value(i, size)})
	}
	is.New(t).NoErr(client.Produce(t.Context(), records...))

	for name, c := range map[string]struct {
		args []string
		api  string
	}{
		"connector ReadN":  {[]string{"-client=connector"}, "ReadN"},
		"connector Read":   {[]string{"-client=connector", "-read-one"}, "Read"},
		"franz-go":         {[]string{"-client=franz-go"}, "PollFetches"},
		"franz-go-records": {[]string{"-client=franz-go-records"}, "PollRecords"},
		"kafka-go":         {[]string{"-client=kafka-go"}, "FetchMessage"},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			group := strings.ReplaceAll(name, " ", "-")
			r := measure(t, append(c.args, "-role=source", "-servers="+servers, "-topic="+topic,
				"-group="+group, "-records="+strconv.Itoa(count), "-for=1m")...)
			is.Equal(r.Records, int64(count))
			is.Equal(r.Bytes, int64(count*size))
			is.Equal(r.API, c.api)
			is.True(r.Timed < r.Records) // the first answer opens the window
			is.True(r.Allocs > 0)
			is.Equal(r.CPURecords, r.Records)
			committed, err := client.Committed(t.Context(), group, topic)
			is.NoErr(err)
			is.Equal(sum(committed), int64(count))
		})
	}
}

func TestRecordsAlone_makes_records_without_a_broker(t *testing.T) {
	is := is.New(t)
	m := openRecordMaker(options{topic: topic, size: 100})
	var values int
	for call := range 2 {
		n, size, err := m.next(t.Context(), 0, func(value []byte) {
			is.Equal(value, payload.Value(values%franzRecords, 100))
			values++
		})
		is.NoErr(err)
		is.Equal(n, franzRecords)
		is.Equal(size, int64(100*franzRecords))
		is.Equal(values, (call+1)*franzRecords)
	}
	records := m.(*recordMaker).make()
	is.Equal(string(records[7].Position), `{"groupID":"bench","topic":"t","partition":0,"offset":6007}`)
	is.Equal(records[7].Metadata["kafka.offset"], "6007")
	is.Equal(records[8].Metadata["kafka.offset"], "6008")
}

func TestDestination_counts_what_arrives(t *testing.T) {
	for role, count := range map[string]int{"destination": 3000, "write-latency": 300} {
		for _, c := range []string{"connector", "franz-go", "franz-go-records", "kafka-go"} {
			t.Run(role+" "+c, func(t *testing.T) {
				is := is.New(t)
				servers, client := startKafka(t)
				r := measure(t, "-role="+role, "-client="+c, "-servers="+servers, "-topic="+topic,
					"-codec=zstd", "-records="+strconv.Itoa(count), "-for=1m")
				is.Equal(r.Records, int64(count))
				ends, err := client.EndOffsets(t.Context(), topic)
				is.NoErr(err)
				is.Equal(sum(ends), r.Records)
				is.Equal(len(ends), partitions)
				is.Equal(r.Latency != nil, role == "write-latency")
				if r.Latency != nil {
					is.Equal(r.Latency.Samples, count-settle)
					is.True(r.Latency.P50 > 0)
					is.True(r.Latency.P50 <= r.Latency.P99)
					is.True(r.Latency.P99 <= r.Latency.Max)
				}
			})
		}
	}
}

func TestReadLatency_measures_from_the_time_in_the_record(t *testing.T) {
	const age = time.Hour // what the records pretend to have been on their way
	for _, c := range []string{"connector", "franz-go", "kafka-go"} {
		t.Run(c, func(t *testing.T) {
			is := is.New(t)
			servers, client := startKafka(t)
			ctx, stop := context.WithCancel(t.Context())
			done := make(chan struct{})
			go func() {
				defer close(done)
				for ctx.Err() == nil {
					_ = client.Produce(ctx, &kgo.Record{Topic: topic, Value: payload.Stamped(time.Now().Add(-age), 100)})
				}
			}()
			r := measure(t, "-role=read-latency", "-client="+c, "-servers="+servers, "-topic="+topic,
				"-group=g", "-for=50ms", "-warm-up=10ms")
			stop()
			<-done
			is.True(r.Latency.Samples > 0)
			is.True(r.Latency.P50 >= float64(age.Microseconds()))
			is.True(r.Latency.P50 < float64((age + guard).Microseconds()))
		})
	}
}

func TestContender_says_what_it_does_not_know(t *testing.T) {
	for _, args := range [][]string{
		{"-role=sink"},
		{"-role=source", "-client=sarama"},
		{"-role=destination", "-client=sarama"},
		{"-role=destination", "-client=franz-go", "-codec=rar"},
		{"-role=destination", "-client=kafka-go", "-codec=rar"},
		{"-set=novalue"},
		{"-role=source", "-client=connector", "-set=no.such=setting"},
	} {
		var stdout, stderr bytes.Buffer
		err := run(t.Context(), args, &stdout, &stderr)
		is.New(t).True(err != nil)
		is.New(t).Equal(stdout.Len(), 0)
	}
}

func TestReadyRecords_are_whole_batches_of_little_memory(t *testing.T) {
	is := is.New(t)
	is.Equal(readyRecords(100), 8*writeBatch)
	is.Equal(readyRecords(1000), 8*writeBatch)
	is.Equal(readyRecords(10_000), writeBatch)
	is.Equal(readyRecords(1_000_000), writeBatch)
}
