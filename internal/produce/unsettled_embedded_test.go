package produce

import (
	"fmt"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
)

// withHeaders numbers messages in their headers, made in memory of the caller's.
func withHeaders(messages []message.Message, memory []recordbatch.Header) {
	for i := range messages {
		memory[i] = recordbatch.Header{Key: "n", Value: fmt.Append(nil, i)}
		messages[i].Headers = memory[i : i+1]
	}
}

// Callers make headers in memory that they use again: what is kept of a Send that
// failed must not change with it.
func TestARepeatedSendIsKnownAgainWhateverBecameOfTheCallersMemory(t *testing.T) {
	w := newWorld(t, nil)
	messages := spread(6)
	memory := make([]recordbatch.Header, 6)
	withHeaders(messages, memory)
	w.fail(2, kerr.TopicAuthorizationFailed.Code, 1)
	n, err := w.p.Send(w.ctx, messages)
	w.True(err != nil)
	w.Equal(n, 2) // 3 and 4 are written too, with 0 and 1; 2 and 5 are not

	clear(memory)
	withHeaders(messages, make([]recordbatch.Header, 6))
	n, err = w.p.Send(w.ctx, messages[2:])
	w.NoErr(err)
	w.Equal(n, 4)
	records, err := w.truth.Consume(w.ctx, topic)
	w.NoErr(err)
	w.Equal(len(records), 6)
	for _, r := range records {
		w.Equal(len(r.Headers), 1)
		w.Equal(r.Headers[0].Value, r.Value)
	}
}
