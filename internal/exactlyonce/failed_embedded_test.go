package exactlyonce

import (
	"context"
	"slices"
	"testing"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
)

// Conduit's first architecture goes on writing while a nack is under way. If the process is
// killed before the dead-letter queue has the record, it comes again.
func TestWriterWritesARecordThatFailedWhenItComesAgain(t *testing.T) {
	w := newWorld(t)
	x := w.start()
	batch := w.in(from(1, 0, 0, 6))
	batch[3].Value = make([]byte, 2<<20)
	n, err := x.Send(w.ctx, batch[:4])
	w.Equal(n, 3)
	w.True(err != nil)
	x.sends(batch[4:])
	for run := 2; run < 4; run++ { // when it is written, and when it is done
		x.kill()
		x = w.start()
		x.sends(from(run, 0, 3, 6))
		w.Equal(w.sorted(0), []string{"0/0", "0/1", "0/2", "0/3", "0/4", "0/5"})
	}
}

func TestWriterWritesWhatTimedOutWhenItComesAgain(t *testing.T) {
	for name, spoil := range map[string]func(*writer){
		"at once":                        func(*writer) {},
		"before a transaction was ended": func(x *writer) { x.now().astray = true },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			x := w.start()
			x.sends(from(1, 0, 0, 3))
			ctx, cancel := context.WithCancel(w.ctx)
			cancel()
			spoil(x)
			n, err := x.Send(ctx, w.in(from(1, 0, 3, 4)))
			w.Equal(n, 0)
			w.True(err != nil)
			x.sends(from(1, 0, 4, 6))
			x.kill()
			w.start().sends(from(2, 0, 3, 6))
			w.Equal(w.sorted(0), []string{"0/0", "0/1", "0/2", "0/3", "0/4", "0/5"})
		})
	}
}

// Of the records that a processor made of one, a message can be made of the second only when
// it comes again.
func TestWriterCountsRecordsOfWhichNoMessageWasMade(t *testing.T) {
	w := newWorld(t)
	x := w.start()
	x.sends(from(1, 0, 0, 1), w.in([]message.Message{part(1, 0, 1, "a")}))
	x.Miss(part(1, 0, 1, "b").Position)
	x.Miss([]byte("else"))
	x.sends([]message.Message{part(1, 0, 1, "c")}, from(1, 0, 2, 3))
	x.kill()
	w.start().sends([]message.Message{part(2, 0, 1, "a"), part(2, 0, 1, "b"), part(2, 0, 1, "c")}, from(2, 0, 2, 3))
	w.Equal(w.sorted(0), []string{"0/0", "0/1a", "0/1b", "0/1c", "0/2"})
}

// What comes after a record without a position was not written either.
func TestWriterWritesWhatCameAfterARecordWithoutAPosition(t *testing.T) {
	w := newWorld(t)
	x := w.start()
	batch := w.in(from(1, 0, 0, 3))
	batch[1].Position = []byte("else")
	n, err := x.Send(w.ctx, batch)
	w.Equal(n, 1)
	w.True(err != nil)
	x.sends(from(1, 0, 3, 4))
	x.kill()
	w.start().sends(from(2, 0, 2, 4))
	w.Equal(w.sorted(0), []string{"0/0", "0/2", "0/3"})
}

// A batch has what the source has read before a rebalance, and what it has read again.
func TestWriterWritesWhatComesTwiceInOneSendOnce(t *testing.T) {
	w := newWorld(t)
	x := w.start()
	x.sends(from(1, 0, 0, 3))
	x.sends(from(1, 0, 3, 8), from(2, 0, 2, 10))
	w.has(from(1, 0, 0, 10))
}

// sorted is what consumers see of a partition.
func (w *world) sorted(partition int32) []string {
	w.t.Helper()
	return slices.Sorted(slices.Values(w.committed()[partition]))
}
