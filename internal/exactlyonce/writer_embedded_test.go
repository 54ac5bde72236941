package exactlyonce

import (
	"errors"
	"testing"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/transact"
)

func TestWriterWritesWhatARestartRepeatsOnce(t *testing.T) {
	w := newWorld(t)
	x := w.start()
	x.sends(from(1, 0, 0, 5), from(1, 1, 0, 5))
	x.sends(from(1, 0, 5, 7))
	x.sends(from(1, 0, 0, 9)) // in the same process
	x.kill()
	y := w.start()
	y.sends(from(2, 0, 3, 10), from(2, 1, 0, 6), from(2, 2, 7, 8))
	y.sends(from(2, 0, 10, 11))
	y.kill()
	w.start().sends(from(3, 0, 0, 11), from(3, 1, 0, 6), from(3, 2, 0, 8)) // nothing is left
	w.has(from(1, 0, 0, 11), from(1, 1, 0, 6), from(1, 2, 7, 8))
}

func TestWriterCountsTheRecordsOfAnOffset(t *testing.T) {
	w := newWorld(t)
	parts := func(run int, names string) (out []message.Message) {
		for _, name := range names {
			out = append(out, part(run, 0, 4, string(name)))
		}
		return out
	}
	x := w.start()
	x.sends(from(1, 0, 3, 4), parts(1, "ab"))
	x.sends(parts(1, "cd"))
	x.kill()
	y := w.start()
	y.sends(parts(2, "a")) // as they come
	y.sends(parts(2, "bcd"))
	y.sends(parts(2, "ef"))
	y.sends(parts(3, "abcd")) // read again in the same process
	y.sends(parts(3, "efgg"))
	w.has(from(1, 0, 3, 4), parts(1, "abcdefgg"))
}

func TestWriterPassesOverOffsetsThatNeverCome(t *testing.T) {
	w := newWorld(t)
	x := w.start()
	x.sends(from(1, 0, 10, 12), from(1, 0, 20, 21))
	x.kill()
	w.start().sends(from(2, 0, 10, 12), from(2, 0, 20, 21), from(2, 0, 30, 31))
	w.has(from(1, 0, 10, 12), from(1, 0, 20, 21), from(1, 0, 30, 31))
}

func TestWriterRefusesARecordWithoutAPosition(t *testing.T) {
	w := newWorld(t)
	batch := w.in(from(1, 0, 0, 3))
	batch[2].Position = []byte("else")
	n, err := w.start().Send(w.ctx, batch)
	w.Equal(n, 2)
	var of *message.RecordError
	w.True(errors.As(err, &of))
	w.Equal(of.Index, 2)
	w.has(from(1, 0, 0, 2))
}

func TestWriterCommitsWhatComesBeforeARecordThatCannotBeWritten(t *testing.T) {
	w := newWorld(t)
	x := w.start()
	batch := w.in(from(1, 0, 0, 2), from(1, 1, 0, 2), from(1, 0, 2, 4))
	batch[3].Value = make([]byte, 2<<20)
	n, err := x.Send(w.ctx, batch)
	w.Equal(n, 3)
	var of *message.RecordError
	w.True(errors.As(err, &of))
	w.Equal(of.Index, 3)
	w.has(from(1, 0, 0, 2), from(1, 1, 0, 1))
	x.sends(batch[4:]) // the one between is a dead letter
	x.kill()
	w.start().sends(from(2, 0, 0, 5), from(2, 1, 1, 3)) // which comes again now
	w.has(from(1, 0, 0, 5), from(1, 1, 0, 3))
}

func TestWriterIsFencedByItsSuccessor(t *testing.T) {
	w := newWorld(t)
	x := w.start()
	x.sends(from(1, 0, 0, 3))
	y := w.start()
	y.sends(from(2, 0, 3, 4))
	for range 2 {
		n, err := x.Send(w.ctx, w.in(from(1, 0, 3, 6)))
		w.Equal(n, 0)
		w.True(errors.As(err, new(*transact.FencedError)))
	}
	y.sends(from(2, 0, 4, 5)) // undisturbed
	w.has(from(1, 0, 0, 5))
}

func TestWriterWritesManyBatches(t *testing.T) {
	w := newWorld(t)
	x := w.start()
	for i := range 50 {
		if i%10 == 9 {
			x.kill()
			x = w.start()
		}
		first := max(0, i*20-7*(i%3))
		x.sends(from(i, 0, first, i*20+20))
	}
	w.has(from(0, 0, 0, 1000))
}

// Each process has a transactional ID of its own, and finds what others have written.
func TestWriterGoesOnWhereAnotherProcessWasKilled(t *testing.T) {
	w := newWorld(t)
	x, y := w.startAs("one"), w.startAs("two")
	x.sends(from(1, 0, 0, 5))
	y.sends(from(2, 1, 0, 5))
	x.sends(from(1, 0, 5, 8))
	x.kill()
	y.sends(from(2, 1, 5, 6), from(2, 0, 3, 9)) // which it has got now
	y.sends(from(2, 0, 9, 10))
	z := w.startAs("one")
	z.sends(from(3, 0, 7, 12)) // and given back
	y.sends(from(2, 1, 6, 7))
	w.has(from(1, 0, 0, 12), from(2, 1, 0, 7))
}
