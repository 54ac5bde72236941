package exactlyonce

import (
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// One process has records of a partition that another one has got meanwhile, and has written.
func TestWriterLeavesOutWhatItsSuccessorInAPartitionHasWritten(t *testing.T) {
	w := newWorld(t)
	x, y := w.startAs("x"), w.startAs("y")
	x.sends(from(1, 0, 0, 5), from(1, 1, 0, 5))
	y.sends(from(2, 0, 3, 9)) // which it has got now
	x.sends(from(1, 0, 5, 8), from(1, 1, 5, 8))
	x.sends(from(1, 0, 8, 12))
	y.sends(from(2, 0, 9, 13))
	y.sends(from(2, 0, 13, 14))
	w.has(from(1, 0, 0, 14), from(1, 1, 0, 8))
}

// A process stands still before it commits, and goes on while another one, which has got its
// partition, is about to commit.
func TestWriterWaitsForATransactionThatBeganBefore(t *testing.T) {
	for _, c := range []struct {
		name string
		dies bool
	}{{"commits", false}, {"is killed", true}} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			x, y := w.startAs("x"), w.startAs("y")
			x.sends(from(1, 0, 0, 5))
			y.sends(from(2, 0, 5, 7)) // so that it need not look
			id := x.now().ID()
			reached, thaw := w.freeze(kmsg.EndTxn, func(req kmsg.Request) bool { return req.(*kmsg.EndTxnRequest).TransactionalID == id })
			done := make(chan error, 1)
			go func() {
				_, err := x.Send(w.ctx, w.in(from(1, 0, 7, 10)))
				done <- err
			}()
			<-reached
			if c.dies {
				x.client.Close()
				thaw()
				<-done
				y.sends(from(2, 0, 7, 12)) // x's transaction ends at its time-out
			} else {
				sent := make(chan struct{})
				go func() { y.sends(from(2, 0, 7, 12)); close(sent) }()
				select {
				case <-sent:
					t.Fatal("y doesn't wait")
				case <-time.After(300 * time.Millisecond):
				}
				thaw()
				w.NoErr(<-done)
				<-sent
			}
			w.has(from(1, 0, 0, 12))
		})
	}
}
