package progress

import (
	"testing"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
)

// An origin that knows few runs returns another one for a position that it has forgotten
// since the batch was placed.
func TestTableKnowsWhatWasLeftOfARunThatIsForgotten(t *testing.T) {
	is := is.New(t)
	run := new(Run)
	table := NewTable("me", func([]byte) (*Run, int64, error) { return run, 7, nil })
	batch := []message.Message{{Position: []byte("a position")}}
	places, err := table.Places(batch, nil)
	is.NoErr(err)
	run = new(Run)
	table.Left(batch, places)
	places, err = table.Places(batch, places)
	is.NoErr(err)
	table.Review(places)
	is.True(!places[0].Done)
	is.Equal(places[0].Count, 1) // the same record again
}
