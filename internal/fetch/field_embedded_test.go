package fetch

import (
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

// Event Hubs knows no leader epochs, and says so of each.
func TestReadsOnWhereTheLeaderKnowsNoEpochs(t *testing.T) {
	is := is.New(t)
	const n = 4
	fake := led(t, n)
	asked := epochEnds(fake, 0, -1)
	f := open(t, fake, 5*time.Second, func(*Config) {})
	f.Add(starts(n, 0, 0))
	_, err := values(t, f, n)
	is.NoErr(err)
	is.True(asked.Load() > 0)
}

// All brokers have just started: they are there, and lead nothing yet.
func TestReadsOnAfterATimeInWhichNothingHasALeader(t *testing.T) {
	is := is.New(t)
	const n = 4
	fake := led(t, n)
	looks := embedded.Count(fake, kmsg.Metadata.Int16())
	embedded.Answer(fake, kmsg.Metadata, func(req kmsg.Request) kmsg.Response {
		if looks.Load() > 5 {
			return nil
		}
		res := embedded.Refusal(req, 0).(*kmsg.MetadataResponse)
		for i := range res.Topics {
			for id := range int32(n) {
				p := kmsg.NewMetadataResponseTopicPartition()
				p.Partition, p.Leader, p.ErrorCode = id, -1, kerr.LeaderNotAvailable.Code
				res.Topics[i].Partitions = append(res.Topics[i].Partitions, p)
			}
		}
		return res
	})
	f := open(t, fake, 5*time.Second, func(*Config) {})
	f.Add(starts(n, 0, -1))
	_, err := values(t, f, n)
	is.NoErr(err)
	is.True(looks.Load() > 5)
}
