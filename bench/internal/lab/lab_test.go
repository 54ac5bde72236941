package lab

import (
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/conduitio/conduit-connector-kafka/bench/internal/payload"
	"github.com/conduitio/conduit-connector-kafka/bench/internal/result"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

// guard bounds what must not hang. It is generous: machines are slow at times.
const guard = 60 * time.Second

func open(t *testing.T) (*Lab, *kclient.Client) {
	t.Helper()
	is := is.New(t)
	addrs := embedded.Start(t, kfake.NumBrokers(1)).ListenAddrs()
	l, err := Open(t.Context(), 1, strings.Join(addrs, ","))
	is.NoErr(err)
	client, err := kclient.New(addrs)
	is.NoErr(err)
	t.Cleanup(client.Close)
	return l, client
}

func TestOpen_wants_the_number_of_brokers(t *testing.T) {
	is := is.New(t)
	addrs := embedded.Start(t, kfake.NumBrokers(2)).ListenAddrs()
	_, err := Open(t.Context(), 1, strings.Join(addrs, ","))
	is.True(err != nil)
	is.Equal(err.Error(), "the cluster has 2 brokers, not 1")
}

func TestFilled_fills_a_topic_once_and_tops_it_up(t *testing.T) {
	is := is.New(t)
	l, client := open(t)
	cell := result.Cell{Size: 100, Codec: "zstd", Partitions: 6, Records: 3000}
	topic, err := l.Filled(t.Context(), cell)
	is.NoErr(err)

	cell.Records = 5000
	same, err := l.Filled(t.Context(), cell)
	is.NoErr(err)
	is.Equal(same, topic)
	records, err := client.Consume(t.Context(), topic)
	is.NoErr(err)
	is.Equal(len(records), 5000)
	is.Equal(len(records[0].Value), 100)

	cell.Records = 1000 // fewer are there already
	same, err = l.Filled(t.Context(), cell)
	is.NoErr(err)
	is.Equal(same, topic)
	n, err := l.EndOffset(t.Context(), topic)
	is.NoErr(err)
	is.Equal(n, int64(5000))

	cell.Codec = "none"
	other, err := l.Filled(t.Context(), cell)
	is.NoErr(err)
	is.True(other != topic)
}

func TestClose_deletes_what_it_made_in_the_cluster_of_a_user(t *testing.T) {
	is := is.New(t)
	l, client := open(t)
	gone, err := l.Fresh(t.Context(), result.Cell{Size: 100, Partitions: 2})
	is.NoErr(err)
	topic, err := l.Filled(t.Context(), result.Cell{Size: 100, Codec: "none", Partitions: 1, Records: 10})
	is.NoErr(err)
	is.NoErr(l.Delete(t.Context(), gone))
	is.NoErr(l.Close(t.Context()))
	for _, name := range []string{gone, topic} {
		_, err = client.EndOffsets(t.Context(), name)
		is.True(err != nil)
	}
}

func TestPace_writes_stamped_records_over_all_partitions(t *testing.T) {
	is := is.New(t)
	l, client := open(t)
	topic, err := l.Fresh(t.Context(), result.Cell{Size: 100, Partitions: 3})
	is.NoErr(err)
	before := time.Now()
	stop, err := l.Pace(topic, 3, 1000, 100)
	is.NoErr(err)
	for end := time.Now().Add(guard); ; time.Sleep(10 * time.Millisecond) {
		n, err := l.EndOffset(t.Context(), topic)
		is.NoErr(err)
		if n >= 30 {
			break
		}
		is.True(time.Now().Before(end)) // nothing comes
	}
	is.NoErr(stop())
	records, err := client.Consume(t.Context(), topic)
	is.NoErr(err)
	partitions := map[int32]bool{}
	for _, r := range records {
		partitions[r.Partition] = true
		at, ok := payload.Stamp(r.Value)
		is.True(ok)
		is.True(!at.Before(before))
		is.True(!at.After(time.Now()))
	}
	is.Equal(len(partitions), 3)
}

func TestPace_tells_what_went_wrong(t *testing.T) {
	is := is.New(t)
	l, _ := open(t)
	topic, err := l.Fresh(t.Context(), result.Cell{Size: 100, Partitions: 1})
	is.NoErr(err)
	stop, err := l.Pace(topic, 1, 10, 2_000_000)
	is.NoErr(err)
	err = stop()
	is.True(err != nil)
	is.True(strings.Contains(err.Error(), "pace: MESSAGE_TOO_LARGE"))
}
