package conduit_test

import (
	"testing"
	"time"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/test/conduit"
)

func TestOpenedAtIsWhenConduitHasItsConnectors(t *testing.T) {
	is := is.New(t)
	log := "not JSON\n" + `{"time":1000,"message":"builtin connector plugins initialized"}` + "\n"
	is.True(conduit.OpenedAt([]byte(log)).IsZero())
	log += `{"time":2000,"message":"connectors initialized"}` + "\n" + `{"time":3000,"message":"pipelines initialized"}`
	is.True(conduit.OpenedAt([]byte(log)).Equal(time.UnixMilli(2000)))
}
