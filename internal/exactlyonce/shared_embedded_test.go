package exactlyonce

import (
	"context"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// A record failed, and progress says so. It comes again to two processes: one that has lost
// the partition, and the one that has it now. Progress keeps its mark, and has a hole less.
func TestWriterLeavesOutAHoleThatAnotherProcessHasFilled(t *testing.T) {
	w := newWorld(t)
	x := w.startAs("x")
	batch := w.in(from(1, 0, 0, 6))
	good := batch[3].Value
	batch[3].Value = make([]byte, 2<<20)
	n, err := x.Send(w.ctx, batch[:4])
	w.Equal(n, 3)
	w.True(err != nil)
	batch[3].Value = good
	x.sends(batch[4:])

	y := w.startAs("y")
	id := y.now().ID()
	// It has read progress by then, and written none.
	reached, thaw := w.freeze(kmsg.AddPartitionsToTxn, func(req kmsg.Request) bool { return req.(*kmsg.AddPartitionsToTxnRequest).TransactionalID == id })
	done := make(chan error, 1)
	go func() {
		_, err := y.Send(w.ctx, w.in(from(2, 0, 3, 6)))
		done <- err
	}()
	<-reached
	x.sends(from(3, 0, 3, 6))
	thaw()
	w.NoErr(<-done)
	w.Equal(w.sorted(0), []string{"0/0", "0/1", "0/2", "0/3", "0/4", "0/5"})
}

// Another process has transactions that take longer than one waits, one after the other.
func TestWriterComesToItsTurnBesideLongTransactions(t *testing.T) {
	w := newWorld(t)
	x, y := w.startAs("x"), w.startAs("y")
	slow := map[string]bool{y.lanes[0].ID(): true, y.lanes[1].ID(): true}
	w.fake.ControlKey(int16(kmsg.EndTxn), func(req kmsg.Request) (kmsg.Response, error, bool) {
		w.fake.KeepControl()
		if slow[req.(*kmsg.EndTxnRequest).TransactionalID] {
			w.fake.SleepControl(func() { time.Sleep(firstTimeout * 3 / 2) })
		}
		return nil, nil, false
	})
	ctx, stop := context.WithCancel(w.ctx)
	busy := make(chan struct{})
	go func() {
		defer close(busy)
		for i := 0; ctx.Err() == nil; i++ {
			if _, err := y.Send(w.ctx, w.in(from(1, 1, i, i+1))); err != nil {
				t.Error(err)
				return
			}
		}
	}()
	time.Sleep(200 * time.Millisecond)
	sending, cancel := context.WithTimeout(w.ctx, 20*time.Second)
	defer cancel()
	_, err := x.Send(sending, w.in(from(1, 0, 0, 1)))
	stop()
	<-busy
	w.NoErr(err)
}

// Records are deleted from the progress topic by hand. The next look whether the topic has
// lost something comes after half a minute; until then Sends go on.
func TestSharedWriterGoesOnWhereRecordsOfTheProgressTopicWereDeleted(t *testing.T) {
	w := newWorld(t)
	x := w.startAs("x")
	x.sends(from(1, 0, 0, 3))
	w.deleteRecords(x.cfg.Topic)
	x.sends(from(1, 0, 3, 6))
	w.has(from(1, 0, 0, 6))
}

// The progress topic was made again. Its log is shorter than what was read of the old one,
// and has the progress of another process.
func TestSharedWriterReadsAProgressTopicThatWasMadeAgain(t *testing.T) {
	w := newWorld(t)
	x := w.startAs("x")
	for i := range 8 {
		x.ended = time.Time{} // nothing ahead
		x.sends(from(1, 0, i, i+1))
	}
	w.NoErr(w.truth.DeleteTopic(w.ctx, x.cfg.Topic))
	y := w.startAs("y") // makes it again
	y.sends(from(2, 0, 8, 12))
	x.ended = time.Time{}
	x.sends(from(1, 0, 8, 10)) // it was frozen
	w.has(from(1, 0, 0, 12))
}
