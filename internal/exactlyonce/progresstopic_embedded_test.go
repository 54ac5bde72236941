package exactlyonce

import (
	"errors"
	"testing"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
)

// A topic that a record names, as by a template of one of its headers, may be any: a record
// in the progress topic says what was written, and is not for whoever writes records.
func TestWriterRefusesARecordForTheProgressTopic(t *testing.T) {
	for name, record := range map[string]recordbatch.Record{
		"no progress": {Key: []byte("k"), Value: []byte("v")},
		// all that this partition will ever have counts as written
		"forged progress": {
			Key:   []byte(`{"to":"me","group":"g","topic":"source","topicID":"AQAAAAAAAAAAAAAAAAAAAA","partition":0}`),
			Value: []byte(`{"offset":9000000000000000000,"count":1,"leaderEpoch":-1}`),
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			x := w.start()
			batch := w.in(from(1, 0, 0, 3))
			batch[2].Topic, batch[2].Partition, batch[2].Record = "progress-me", 0, record
			n, err := x.Send(w.ctx, batch)
			var of *message.RecordError
			if !errors.As(err, &of) {
				t.Errorf("%d of 3 are written, and the error is %v", n, err)
			} else {
				w.Equal(of.Index, 2)
			}
			x.kill()
			w.start().sends(from(2, 0, 3, 6)) // as a pipeline that is started again
			w.has(from(1, 0, 0, 2), from(2, 0, 3, 6))
		})
	}
}
