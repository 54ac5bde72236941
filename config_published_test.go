package kafka

import (
	"testing"
	"time"

	"github.com/conduitio/conduit-commons/lang"
	"github.com/matryer/is"
)

// What a pipeline file for the published connector (v0.12.5) sets when it sets
// everything that its README lists.
var publishedShared = map[string]string{
	"servers":            "localhost:9092",
	"caCert":             "",
	"clientCert":         "",
	"clientID":           "conduit-connector-kafka",
	"clientKey":          "",
	"insecureSkipVerify": "false",
	"saslMechanism":      "",
	"saslPassword":       "",
	"saslUsername":       "",
	"tls.enabled":        "false",
	"sdk.batch.delay":    "0",
	"sdk.batch.size":     "0",
}

func TestThePublishedConnectorsSourceSettingsAreTaken(t *testing.T) {
	is := is.New(t)
	c, err := ParseSource(changed(publishedShared, map[string]string{
		"topics":                             "orders,payments",
		"commitOffsetsDelay":                 "5s",
		"commitOffsetsSize":                  "1000",
		"groupID":                            "",
		"readFromBeginning":                  "false",
		"retryGroupJoinErrors":               "true",
		"sdk.schema.context.enabled":         "true",
		"sdk.schema.context.name":            "",
		"sdk.schema.extract.key.enabled":     "false",
		"sdk.schema.extract.key.subject":     "key",
		"sdk.schema.extract.payload.enabled": "false",
		"sdk.schema.extract.payload.subject": "payload",
		"sdk.schema.extract.type":            "avro",
	}))
	is.NoErr(err)
	want, err := ParseSource(map[string]string{"servers": "localhost:9092", "topics": "orders,payments", "sdk.schema.context.name": ""})
	is.NoErr(err)
	is.Equal(c, want) // all of them are our defaults as well
}

func TestThePublishedConnectorsDestinationSettingsAreTaken(t *testing.T) {
	is := is.New(t)
	c, err := ParseDestination(changed(publishedShared, map[string]string{
		"acks":                               "all",
		"batchBytes":                         "1000012",
		"compression":                        "snappy",
		"deliveryTimeout":                    "0s",
		"topic":                              `{{ index .Metadata "opencdc.collection" }}`,
		"sdk.rate.burst":                     "0",
		"sdk.rate.perSecond":                 "0",
		"sdk.record.format":                  "opencdc/json",
		"sdk.record.format.options":          "",
		"sdk.schema.extract.key.enabled":     "true",
		"sdk.schema.extract.payload.enabled": "true",
	}))
	is.NoErr(err)
	is.Equal(c.DeliveryTimeout, time.Duration(0)) // no limit: the only default that is not ours
	c.DeliveryTimeout = 10 * time.Second
	want, err := ParseDestination(map[string]string{"servers": "localhost:9092"})
	is.NoErr(err)
	is.Equal(c, want)
}

// The values that a pipeline really sets differ from the defaults.
func TestAPipelineOfThePublishedConnectorMeansTheSame(t *testing.T) {
	is := is.New(t)
	s, err := ParseSource(map[string]string{
		"servers": "a:9092,b:9092", "topics": "orders", "groupID": "g", "readFromBeginning": "true",
		"saslMechanism": "SCRAM-SHA-512", "saslUsername": "u", "saslPassword": "p", "insecureSkipVerify": "true",
	})
	is.NoErr(err)
	is.Equal(s.Config, Config{
		Servers: []string{"a:9092", "b:9092"}, ClientID: "conduit-connector-kafka",
		DialTimeout: 5 * time.Second, RequestTimeout: 30 * time.Second, Metrics: true,
		TLSConfig:  TLSConfig{InsecureSkipVerify: true, VerifyHostname: lang.Ptr(true)},
		SASLConfig: SASLConfig{Mechanism: "SCRAM-SHA-512", Username: "u", Password: "p"},
	})
	is.Equal(s.GroupID, "g")
	is.Equal(s.ReadFromBeginning, true)
}
