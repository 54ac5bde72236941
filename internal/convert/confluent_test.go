package convert

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"testing"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/sr"
	"github.com/twmb/franz-go/pkg/sr/srfake"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
	"github.com/conduitio/conduit-connector-kafka/internal/registry"
)

// confluentCase is what one of Confluent's serializers wrote, and the schemas in its
// registry: see testdata/confluent/generate.py.
type confluentCase struct {
	Name, Type, Subject string
	Schemas             []confluentSchema
	Data                []byte
}

type confluentSchema struct {
	ID            int
	Subject, Text string
	References    []sr.SchemaReference
}

// confluent returns the cases of a type by their names.
func confluent(t testing.TB, typ string) map[string]confluentCase {
	t.Helper()
	is := is.New(t)
	text, err := os.ReadFile("testdata/confluent/confluent.json")
	is.NoErr(err)
	var all []confluentCase
	is.NoErr(json.Unmarshal(text, &all))
	cases := make(map[string]confluentCase)
	for _, c := range all {
		if c.Type == typ {
			cases[c.Name] = c
		}
	}
	is.True(len(cases) > 0)
	return cases
}

// schemas starts a registry that has the schemas of a case.
func (c confluentCase) schemas(t testing.TB) *srfake.Registry {
	t.Helper()
	r := srfake.New()
	t.Cleanup(r.Close)
	var typ sr.SchemaType
	is.New(t).NoErr(typ.UnmarshalText([]byte(c.Type)))
	for _, s := range c.Schemas {
		r.SeedSchema(s.Subject, 1, s.ID, sr.Schema{Schema: s.Text, Type: typ, References: s.References})
	}
	return r
}

// clientOf returns a client of a registry.
func clientOf(t testing.TB, r *srfake.Registry) *registry.Client {
	t.Helper()
	client, err := registry.New(registry.Config{URLs: []string{r.URL()}, Timeout: 10 * time.Second, Warn: func(string, error) {}})
	is.New(t).NoErr(err)
	return client
}

// decodeOne decodes a value of topic orders.
func decodeOne(t testing.TB, c DecodeConfig, data []byte) (opencdc.Record, error) {
	t.Helper()
	if c.DecodeOnError == "" {
		c.DecodeOnError = onErrorFail
	}
	return decodeBatch(t, c, message.Batch{Topic: "orders", Partition: 3, Records: []recordbatch.Record{{Offset: 41, Key: data, Value: data}}})
}

// decodeBatch decodes the only record of a batch.
func decodeBatch(t testing.TB, c DecodeConfig, b message.Batch) (opencdc.Record, error) {
	t.Helper()
	d, err := NewDecoding(c)
	is.New(t).NoErr(err)
	m := newRecords()
	m.Decode(d)
	got, _, err := m.AppendDecoded(context.Background(), nil, b, time.Now(), math.MaxInt)
	if err != nil {
		return opencdc.Record{}, err
	}
	return got[0], nil
}
