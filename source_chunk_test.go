package kafka

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/conduitio/conduit-commons/lang"
	"github.com/conduitio/conduit-commons/opencdc"
	sdk "github.com/conduitio/conduit-connector-sdk"
	"github.com/golang/mock/gomock"
	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/internal/convert"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
	"github.com/conduitio/conduit-connector-kafka/test/conduit"
)

// ofSizes returns messages whose values have these sizes.
func ofSizes(topic string, offset int, sizes ...int) message.Batch {
	b := message.Batch{Topic: topic}
	for i, size := range sizes {
		b.Records = append(b.Records, recordbatch.Record{Offset: int64(offset + i), Key: []byte("key"), Value: make([]byte, size)})
	}
	return b
}

// repeated is n times size.
func repeated(n, size int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = size
	}
	return out
}

func TestReadNStaysBelowAMessageOfThePluginProtocol(t *testing.T) {
	for name, c := range map[string]struct {
		sizes []int
		reads []int // how many records they return
	}{
		"small records":              {repeated(readBatch, 100), []int{readBatch}},
		"records of 3 KB":            {repeated(readBatch, 3000), []int{933, 932, 932, 203}},
		"one that is too large":      {[]int{10, 5 << 20, 10}, []int{1, 1, 1}},
		"several, in turn":           {[]int{5 << 20, 1 << 20, 1 << 20, 5 << 20}, []int{1, 2, 1}},
		"exactly three of a MiB not": {repeated(4, 1<<20), []int{2, 2}},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			s, consumer := opened(t)
			half := len(c.sizes) / 2
			consumer.EXPECT().Next(gomock.Any(), readBatch).Return([]message.Batch{
				ofSizes("t", 0, c.sizes[:half]...), ofSizes("t", half, c.sizes[half:]...),
			}, nil).Times(1)
			var counts []int
			next := 0
			for next < len(c.sizes) {
				got, err := s.ReadN(context.Background(), readBatch)
				is.NoErr(err)
				counts = append(counts, len(got))
				size, err := conduit.EncodedSize(got...)
				is.NoErr(err)
				is.True(len(got) == 1 || size <= maxChunk)
				for _, r := range got {
					is.Equal(r.Metadata[MetadataOffset], fmt.Sprint(next))
					next++
				}
			}
			is.Equal(counts, c.reads)
		})
	}
}

// What is left of a batch must not outrun what Conduit takes.
func TestReadNKeepsThePaceWithWhatIsLeft(t *testing.T) {
	is := is.New(t)
	s, c := opened(t)
	c.EXPECT().Next(gomock.Any(), readBatch).Return([]message.Batch{ofSizes("t", 0, repeated(readBatch, 3000)...)}, nil).Times(1)
	got, err := s.ReadN(context.Background(), readBatch)
	is.NoErr(err)
	is.Equal(len(got), 933)
	session := s.session.Load()
	session.pace.limit = readBatch
	session.pace.returned = time.Now().Add(-100 * time.Second) // Conduit took that long for it
	got, err = s.ReadN(context.Background(), 1)
	is.NoErr(err)
	is.True(len(got) > 0)
	is.True(len(got) <= 9)
}

// collectedSource is a source whose records the SDK has collected in batches.
type collectedSource struct {
	sdk.Source
	config  SourceConfig
	batches [][]opencdc.Record
}

func (c *collectedSource) Config() sdk.SourceConfig { return &c.config }

func (c *collectedSource) ReadN(context.Context, int) ([]opencdc.Record, error) {
	if len(c.batches) == 0 {
		return nil, errors.New("there is no more")
	}
	b := c.batches[0]
	c.batches = c.batches[1:]
	return b, nil
}

func TestWhatTheSDKCollectsIsDivided(t *testing.T) {
	is := is.New(t)
	m := convert.NewRecords(false, func(*message.Batch) convert.PositionPrefix { return convert.PositionPrefix(`{"offset":`) })
	all := func(b message.Batch) []opencdc.Record {
		records, _ := m.Append(nil, b, time.Now(), math.MaxInt)
		return records
	}
	inner := &collectedSource{config: newSourceConfig()}
	for i := range 3 {
		inner.batches = append(inner.batches, all(ofSizes("t", 2000*i, repeated(2000, 3000)...)))
	}
	inner.config.BatchSize = lang.Ptr(2000)
	s := &chunkSource{Source: inner}
	for next := 0; next < 6000; {
		got, err := s.ReadN(context.Background(), 1)
		is.NoErr(err)
		is.True(len(got) > 0)
		size, err := conduit.EncodedSize(got...)
		is.NoErr(err)
		is.True(size <= maxChunk)
		for _, r := range got {
			is.Equal(r.Metadata[MetadataOffset], fmt.Sprint(next))
			next++
		}
	}
	_, err := s.ReadN(context.Background(), 1)
	is.True(err != nil) // the source's

	inner.batches = [][]opencdc.Record{all(ofSizes("t", 0, repeated(2000, 3000)...))}
	_, err = s.ReadN(context.Background(), 1)
	is.NoErr(err)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = s.ReadN(ctx, 1) // though there are more
	is.Equal(err, context.Canceled)
}

func TestTheConnectorsSourceIsDivided(t *testing.T) {
	_, ok := NewSource().(*chunkSource)
	is.New(t).True(ok)
}
