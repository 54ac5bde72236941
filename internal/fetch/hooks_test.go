package fetch

import (
	"errors"
	"sync/atomic"
	"testing"

	"github.com/matryer/is"
	kafkago "github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

func TestTellsWhatIsFetchedAndWhatIsTriedAgain(t *testing.T) {
	is := is.New(t)
	set := batch(0, 1, "a", "b")
	var bytes, retries atomic.Int64
	tries := 0
	s := script{0: func(kmsg.FetchRequestTopicPartition) reply {
		if tries++; tries == 1 {
			return reply{code: kerr.NotLeaderForPartition.Code}
		}
		return reply{set: set}
	}}
	got, err := values(t, play(t, s, 0, func(c *Config) {
		c.Hooks = Hooks{
			Fetched: func(n int) { bytes.Add(int64(n)) },
			Retried: func(err error) {
				if errors.Is(err, kafkago.NotLeaderForPartition) {
					retries.Add(1)
				}
			},
		}
	}), 2)
	is.NoErr(err)
	is.Equal(got, []string{"0:a", "1:b"})
	is.Equal(bytes.Load(), int64(len(set)))
	is.Equal(retries.Load(), int64(1))
}
