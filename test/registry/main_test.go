package registry_test

import (
	"testing"

	"github.com/conduitio/conduit-connector-kafka/test/broker"
)

func TestMain(m *testing.M) { broker.Main(m) }
