package fetch

import (
	"context"
	"encoding/binary"
	"net"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/internal/wire"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

// On one processor whoever is ready to run waits for the one who runs: the order shows who
// went first.
func TestNextReturnsARecordThatCameAloneBeforeMoreAreAskedFor(t *testing.T) {
	is := is.New(t)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	const records = 200
	fake := embedded.Start(t, kfake.NumBrokers(1), kfake.SeedTopics(1, topic))
	embedded.Answer(fake, kmsg.Fetch, func(req kmsg.Request) kmsg.Response {
		res := embedded.Refusal(req, 0).(*kmsg.FetchResponse)
		at := req.(*kmsg.FetchRequest).Topics[0].Partitions[0].FetchOffset
		res.Topics[0].Partitions[0].RecordBatches = batch(at, at, "a")
		return res
	})
	var returned, asked, early atomic.Int64
	dial := func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, addr)
		return fetchWatch{conn, func() {
			if asked.Add(1)-1 > returned.Load() {
				early.Add(1)
			}
		}}, err
	}
	f := openOver(t, fake, wire.Config{DialTimeout: 10 * time.Second, RequestTimeout: 10 * time.Second, Dial: dial}, func(*Config) {})
	f.Add([]Start{{Topic: topic, LeaderEpoch: -1}})
	for returned.Load() < records {
		batches, err := f.Next(t.Context(), 1)
		is.NoErr(err)
		returned.Add(int64(len(flatten(batches))))
	}
	t.Logf("%d of %d fetches before the record of the one before had been returned", early.Load(), asked.Load())
	is.True(early.Load() <= records/10) // the system may interrupt anybody
}

// fetchWatch is a connection that reports each fetch before it is written.
type fetchWatch struct {
	net.Conn
	fetch func()
}

func (w fetchWatch) Write(b []byte) (int, error) {
	if len(b) > 6 && protocol.ApiKey(binary.BigEndian.Uint16(b[4:])) == protocol.Fetch {
		w.fetch()
	}
	return w.Conn.Write(b)
}
