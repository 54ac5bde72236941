package kafka_test

import (
	"testing"
	"time"

	sdk "github.com/conduitio/conduit-connector-sdk"
	"github.com/google/uuid"
	"github.com/twmb/franz-go/pkg/kfake"
	"go.uber.org/goleak"

	kafka "github.com/conduitio/conduit-connector-kafka"
	"github.com/conduitio/conduit-connector-kafka/test/broker"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

func TestMain(m *testing.M) { broker.Main(m) }

func TestAcceptanceOnTheEmbeddedBroker(t *testing.T) {
	c := embedded.Start(t, kfake.AllowAutoTopicCreation())
	acceptance(t, c.ListenAddrs()[0])
}

func TestAcceptanceOnKafka(t *testing.T) {
	c := broker.ForTest(t, broker.Options{})
	acceptance(t, c.Servers()[0])
}

// acceptance runs the SDK's acceptance test, each case with a topic of its own.
func acceptance(t *testing.T, servers string) {
	source := map[string]string{"servers": servers, "readFromBeginning": "true"}
	destination := map[string]string{"servers": servers}
	sdk.AcceptanceTest(t, sdk.ConfigurableAcceptanceTestDriver{Config: sdk.ConfigurableAcceptanceTestDriverConfig{
		Connector:         kafka.Connector,
		SourceConfig:      source,
		DestinationConfig: destination,
		BeforeTest: func(*testing.T) {
			topic := uuid.NewString()
			source["topics"], destination["topic"] = topic, topic
		},
		GoleakOptions: []goleak.Option{
			goleak.IgnoreCurrent(),
			goleak.IgnoreTopFunction("github.com/twmb/franz-go/pkg/kfake.(*group).manage"), // the broker's own
		},
		ReadTimeout:  5 * time.Second,
		WriteTimeout: 20 * time.Second,
	}})
}
