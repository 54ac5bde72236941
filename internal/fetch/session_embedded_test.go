package fetch

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

// crowd is many partitions, of which few get records.
type crowd struct {
	*is.I
	ctx   context.Context
	fake  *kfake.Cluster
	truth *kclient.Client
	f     *Fetcher
	wrote [30]int64 // records by partition
	read  [30]int64

	requests, whole, named atomic.Int64
}

func newCrowd(t *testing.T, opts ...kfake.Opt) *crowd {
	c := &crowd{I: is.New(t)}
	var cancel func()
	c.ctx, cancel = context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	c.fake = embedded.Start(t, append(opts, kfake.NumBrokers(3), kfake.SeedTopics(int32(len(c.wrote)), topic))...)
	var err error
	c.truth, err = kclient.New(c.fake.ListenAddrs())
	c.NoErr(err)
	t.Cleanup(c.truth.Close)
	embedded.Answer(c.fake, kmsg.Fetch, func(req kmsg.Request) kmsg.Response {
		r := req.(*kmsg.FetchRequest)
		c.requests.Add(1)
		if r.SessionEpoch <= 0 {
			c.whole.Add(1)
		}
		for _, t := range r.Topics {
			c.named.Add(int64(len(t.Partitions)))
		}
		return nil
	})
	c.f = open(t, c.fake, 10*time.Second, func(c *Config) { c.MetadataInterval = 50 * time.Millisecond })
	c.f.Add(starts(int32(len(c.wrote)), 0, -1))
	return c
}

// write writes the next record to a partition.
func (c *crowd) write(id int32) {
	c.NoErr(c.truth.Produce(c.ctx, &kgo.Record{Topic: topic, Partition: id, Value: fmt.Append(nil, c.wrote[id])}))
	c.wrote[id]++
}

// catchUp reads until all is read, each record once and in order.
func (c *crowd) catchUp() {
	for c.read != c.wrote {
		batches, err := c.f.Next(c.ctx, 100)
		c.NoErr(err)
		for _, b := range batches {
			for _, r := range b.Records {
				c.Equal([]any{r.Offset, string(r.Value)}, []any{c.read[b.Partition], fmt.Sprint(c.read[b.Partition])})
				c.read[b.Partition]++
			}
		}
	}
}

func TestSessionNamesFewPartitionsOfMany(t *testing.T) {
	c := newCrowd(t)
	for range 100 {
		c.write(rand.Int32N(3))
		c.catchUp()
	}
	t.Logf("%d requests, %d of them whole, name %d partitions", c.requests.Load(), c.whole.Load(), c.named.Load())
	c.True(c.whole.Load() <= 3)               // one a broker
	c.True(c.named.Load() <= 3*30+2*3*30+100) // and what is being added and read
}

// Whatever happens to sessions, connections, leaders and the partitions themselves.
func TestSessionReadsEachRecordOnceAndInOrder(t *testing.T) {
	c := newCrowd(t)
	for range 300 {
		switch rand.IntN(12) {
		case 0:
			c.NoErr(c.fake.MoveTopicPartition(topic, rand.Int32N(30), rand.Int32N(3)))
		case 1:
			refuseFetch(c.fake, kerr.FetchSessionIDNotFound.Code)
		case 2:
			refuseFetch(c.fake, kerr.InvalidFetchSessionEpoch.Code)
		case 3:
			embedded.Disconnect(c.fake, kmsg.Fetch.Int16(), 1)
		case 4:
			refuseFetch(c.fake, 0) // an answer without a session, and without anything else
		case 5: // it goes, and comes back where it was
			id := rand.Int32N(30)
			c.f.Remove(topic, id)
			c.f.Add([]Start{{Topic: topic, Partition: id, Offset: c.read[id], LeaderEpoch: -1}})
		default:
			for range 5 {
				c.write(rand.Int32N(30))
			}
		}
		if rand.IntN(3) == 0 {
			c.catchUp()
		}
	}
	c.catchUp()
	t.Logf("%d requests, %d of them whole, name %d partitions", c.requests.Load(), c.whole.Load(), c.named.Load())
}

// refuseFetch answers the next fetch as a whole.
func refuseFetch(fake *kfake.Cluster, code int16) {
	fake.ControlKey(kmsg.Fetch.Int16(), func(req kmsg.Request) (kmsg.Response, error, bool) {
		res := req.ResponseKind().(*kmsg.FetchResponse)
		res.ErrorCode = code
		return res, nil, true
	})
}

// Kafka 1.0 has none.
func TestSessionIsNotAskedOfABrokerThatHasNone(t *testing.T) {
	old := kversion.V1_0_0()
	c := newCrowd(t, kfake.MaxVersions(old))
	for range 20 {
		c.write(rand.Int32N(30))
		c.catchUp()
	}
	c.Equal(c.whole.Load(), c.requests.Load())
}

// A broker whose sessions are lost each time is read without.
func TestSessionThatIsAlwaysLostIsNotAskedFor(t *testing.T) {
	c := newCrowd(t)
	var epochs [4]atomic.Int64 // requests with session epoch -1, 0, 1, more
	embedded.Answer(c.fake, kmsg.Fetch, func(req kmsg.Request) kmsg.Response {
		r := req.(*kmsg.FetchRequest)
		epochs[min(r.SessionEpoch, 2)+1].Add(1)
		if r.SessionEpoch > 0 {
			res := req.ResponseKind().(*kmsg.FetchResponse)
			res.ErrorCode = kerr.FetchSessionIDNotFound.Code
			return res
		}
		return nil
	})
	for range 20 {
		c.write(rand.Int32N(30))
		c.catchUp()
	}
	c.Equal(epochs[3].Load(), int64(0))
	c.True(epochs[2].Load() <= 3*maxSessions)
	c.True(epochs[0].Load() > 0)
}

// Partitions that fill each answer take turns, also where the broker always begins with
// those that a request names.
func TestSessionSharesFullAnswers(t *testing.T) {
	is := is.New(t)
	const partitions, each = 10, 50
	fake := embedded.Start(t, kfake.NumBrokers(1), kfake.SeedTopics(partitions, topic))
	truth, err := kclient.New(fake.ListenAddrs())
	is.NoErr(err)
	defer truth.Close()
	for id := range int32(partitions) {
		for range each { // a batch each
			is.NoErr(truth.Produce(t.Context(), &kgo.Record{Topic: topic, Partition: id, Value: make([]byte, 10_000)}))
		}
	}
	f := open(t, fake, 10*time.Second, func(c *Config) { c.MaxBytes, c.MaxPartitionBytes, c.MaxBuffered = 25_000, 10_500, 1 })
	f.Add(starts(partitions, 0, -1))
	var read [partitions]int
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for got := 0; got < partitions*each/2; {
		batches, err := f.Next(ctx, 1)
		is.NoErr(err)
		for _, b := range batches {
			read[b.Partition] += len(b.Records)
			got += len(b.Records)
		}
	}
	t.Log(read)
	for _, n := range read {
		is.True(n >= 3) // 25 each, if it is even
	}
}
