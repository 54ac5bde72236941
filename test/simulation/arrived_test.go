package simulation

import (
	"context"
	"encoding/binary"
	"hash/crc32"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// What was sent with acks none counts as written, and is read when it has arrived: it is in
// the book.
func TestLogsInTheBookHaveWhatIsStillOnItsWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		is := is.New(t)
		w, err := newWorld(Plan{Latency: 20 * time.Millisecond, Topics: []string{"a"}, Parts: 1}, io.Discard)
		is.NoErr(err)
		defer w.fake.Close()
		conn, err := w.net.Host("destinationA1").Dial(context.Background(), "tcp", address(0))
		is.NoErr(err)
		defer conn.Close()
		id := w.book.hand(&number{topic: "a"})
		req := kmsg.NewPtrProduceRequest()
		req.Version = 7
		records, partition := kmsg.NewProduceRequestTopic(), kmsg.NewProduceRequestTopicPartition()
		partition.Records = plain((&txn{}).batch([]int{id}, []string{"1"}, 0))
		records.Topic, records.Partitions = "a", append(records.Partitions, partition)
		req.Topics = append(req.Topics, records)
		_, err = conn.Write(kmsg.NewRequestFormatter().AppendRequest(nil, req, 1))
		is.NoErr(err)
		live := w.keepLogs()
		log := logID{"a", w.fake.TopicInfo("a").TopicID, 0}
		is.Equal(live[log], []logged{{0, id, "1"}})
		is.Equal(w.book.logs[log][0], logged{0, id, "1"})
	})
}

// plain makes a transaction's batch one of a producer without an ID.
func plain(raw []byte) []byte {
	raw[22] &^= transactional
	for i := 43; i < 57; i++ { // producer ID, epoch and sequence are -1
		raw[i] = 0xff
	}
	binary.BigEndian.PutUint32(raw[17:], crc32.Checksum(raw[21:], crc32.MakeTable(crc32.Castagnoli)))
	return raw
}
