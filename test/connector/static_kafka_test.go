package connector_test

import (
	"testing"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

// Of two sources with one groupInstanceID the older one ends, and says why; the
// other one reads.
func TestSaysThatAGroupInstanceIDIsTaken(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	ctx := guarded(t)
	cluster, client, topic := realKafka(t, 1)
	is.NoErr(client.Produce(ctx, values(topic, 1)...))
	s := settings{
		"servers": list(cluster.Servers()), "topics": topic, "groupID": "g-" + topic, "readFromBeginning": "true",
		"groupInstanceID": "twin", "heartbeatInterval": "100ms",
	}
	first, err := openSource(ctx, s, nil)
	is.NoErr(err)
	records, err := read(ctx, first, 1)
	is.NoErr(err)
	is.NoErr(first.Ack(ctx, records[0].Position))

	second, err := openSource(ctx, s, nil)
	is.NoErr(err)
	_, err = first.ReadN(ctx, 1)
	is.True(err != nil)
	t.Log(err)
	expect.Error(t, err, `groupInstanceID "twin"`)
	_ = first.Teardown(ctx) // its last commit may have been refused

	is.NoErr(client.Produce(ctx, values(topic, 1)...))
	records, err = read(ctx, second, 1)
	is.NoErr(err)
	is.NoErr(second.Ack(ctx, records[0].Position))
	is.NoErr(second.Teardown(ctx))
}
