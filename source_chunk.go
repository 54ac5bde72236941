package kafka

import (
	"context"
	"sync"

	"github.com/conduitio/conduit-commons/opencdc"
	sdk "github.com/conduitio/conduit-connector-sdk"

	"github.com/conduitio/conduit-connector-kafka/internal/convert"
)

// maxChunk bounds in bytes what ReadN returns, as Conduit's protocol encodes it. Conduit's
// second architecture hands on whole what a source returned at once, and a destination
// in a plugin process takes no message above gRPC's 4 MiB. The rest is room for what
// Conduit and processors add.
const maxChunk = 3 << 20

// chunkSource keeps to maxChunk also where sdk.batch.size or sdk.batch.delay makes the SDK
// collect the records of several ReadN.
type chunkSource struct {
	sdk.Source // with the SDK's middleware

	mu   sync.Mutex
	rest []opencdc.Record // read, and not returned yet
}

// batches reports whether the SDK collects records.
func (s *chunkSource) batches() bool {
	c, ok := s.Config().(*SourceConfig)
	return ok && (c.BatchSize != nil && *c.BatchSize > 0 || c.BatchDelay != nil && *c.BatchDelay > 0)
}

// ReadN returns records that the SDK has collected, in as many calls as it takes.
func (s *chunkSource) ReadN(ctx context.Context, n int) ([]opencdc.Record, error) {
	if !s.batches() {
		return s.Source.ReadN(ctx, n) // which keeps to maxChunk
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if chunk := s.chunk(nil); len(chunk) > 0 {
		return chunk, nil
	}
	records, err := s.Source.ReadN(ctx, n)
	if err != nil {
		return nil, err
	}
	return s.chunk(records), nil
}

// chunk adds records to the rest and takes from its front those that fit, at least one.
func (s *chunkSource) chunk(records []opencdc.Record) []opencdc.Record {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.rest) == 0 {
		s.rest = records
	} else {
		s.rest = append(s.rest, records...)
	}
	n := 0
	for room := maxChunk; n < len(s.rest); n++ {
		if room -= convert.SizeOf(&s.rest[n]); room < 0 && n > 0 {
			break
		}
	}
	chunk := s.rest[:n:n]
	s.rest = s.rest[n:]
	return chunk
}
