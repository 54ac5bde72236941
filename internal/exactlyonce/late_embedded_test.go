package exactlyonce

import (
	"context"
	"sync"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

// A request may be on its way when its transaction is aborted already. Brokers before
// Kafka 3.6 would begin another one with it, which nobody ends.
func TestWriterShutsOutWhatMayStillComeOfATransaction(t *testing.T) {
	for name, deleted := range map[string]bool{"to a topic": false, "to a topic that is deleted meanwhile": true} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			x := w.start()
			x.sends(from(1, 0, 0, 2), from(1, 1, 0, 2))
			x.sends(from(1, 1, 2, 3))
			l := x.now()
			before, epoch := l.Producer()
			produced := make(chan struct{})
			w.fake.ControlKey(int16(kmsg.Produce), func(kmsg.Request) (kmsg.Response, error, bool) {
				close(produced)
				return nil, nil, true // and no answer
			})
			seen := w.watch()
			ctx, cancel := context.WithCancel(w.ctx)
			defer cancel()
			go func() {
				<-produced
				if deleted {
					w.NoErr(w.truth.DeleteTopic(w.ctx, w.topic))
				}
				cancel()
			}()
			_, err := x.Send(ctx, w.in(from(1, 0, 2, 5), from(1, 1, 3, 5)))
			w.True(err != nil)
			id, now := l.Producer()
			w.Equal(id, before)
			w.True(now > epoch)
			w.Equal(seen.shut(now), map[bool]int{false: 3, true: 1}[deleted]) // two partitions and the one of progress
			w.True(!l.late)
			if !deleted {
				x.sends(from(1, 0, 2, 5), from(1, 1, 3, 5))
				w.has(from(1, 0, 0, 5), from(1, 1, 0, 5))
			}
		})
	}
}

// shut counts the partitions of which a transaction of an epoch was begun and aborted.
func (r *requestsOf) shut(epoch int16) (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	added := 0
	for _, req := range r.seen {
		switch req := req.(type) {
		case *kmsg.AddPartitionsToTxnRequest:
			if req.ProducerEpoch == epoch {
				for _, t := range req.Topics {
					added += len(t.Partitions)
				}
			}
		case *kmsg.EndTxnRequest:
			if req.ProducerEpoch == epoch && !req.Commit {
				n += added
			}
		}
	}
	return n
}

// requestsOf notes the requests that begin and end transactions in a cluster, in their order.
type requestsOf struct {
	mu   sync.Mutex
	seen []kmsg.Request
}

func (w *world) watch() *requestsOf {
	r := new(requestsOf)
	for _, key := range []kmsg.Key{kmsg.AddPartitionsToTxn, kmsg.EndTxn} {
		embedded.Answer(w.fake, key, func(req kmsg.Request) kmsg.Response {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.seen = append(r.seen, req)
			return nil
		})
	}
	return r
}

// ends counts transactions that were committed, or aborted.
func (r *requestsOf) ends(commit bool) (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, req := range r.seen {
		if end, ok := req.(*kmsg.EndTxnRequest); ok && end.Commit == commit {
			n++
		}
	}
	return n
}

// begun reports whether partitions were added under a transactional ID since the last
// transaction under it ended.
func (r *requestsOf) begun(id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	open := false
	for _, req := range r.seen {
		switch req := req.(type) {
		case *kmsg.AddPartitionsToTxnRequest:
			open = open || req.TransactionalID == id
		case *kmsg.EndTxnRequest:
			open = open && req.TransactionalID != id
		}
	}
	return open
}
