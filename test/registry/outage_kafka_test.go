package registry_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/matryer/is"

	kafka "github.com/conduitio/conduit-connector-kafka"
	"github.com/conduitio/conduit-connector-kafka/internal/check"
	"github.com/conduitio/conduit-connector-kafka/test/expect"
	"github.com/conduitio/conduit-connector-kafka/test/sides"
)

// until waits for a condition.
func (p *place) until(what string, holds func() bool) {
	p.t.Helper()
	for !holds() {
		select {
		case <-p.ctx.Done():
			p.t.Fatalf("wait until %s: %v; the log: %s", what, p.ctx.Err(), p.log)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// The registry dies, and comes back: what is read and what is written waits for it.
func TestARegistryThatIsKilledLosesNothing(t *testing.T) {
	is := is.New(t)
	p := newPlace(t)
	known := p.register(p.topic+"-known", "AVRO", shopOrder)
	other := p.register(p.topic+"-other", "AVRO", `{"type":"record","name":"Other","fields":[{"name":"id","type":"long"}]}`)
	avro := settings{"topic": p.topic, "value.format": "avro"}
	send := func(i, schema int) {
		is.NoErr(p.write(avro.with(settings{"value.schema": fmt.Sprint(schema)}), opencdc.StructuredData{"id": i}))
	}
	send(0, known)
	src := p.open(settings{"value.decode": "avro"})
	got, err := p.read(src, 1)
	is.NoErr(err)
	for i := 1; i < 10; i += 2 {
		send(i, known)
		send(i+1, other)
	}

	t.Cleanup(func() { is.NoErr(p.registry.Start(context.Background())) })
	is.NoErr(p.registry.Kill())
	type outcome struct {
		records []opencdc.Record
		err     error
	}
	rest, written := make(chan outcome, 1), make(chan error, 1)
	go func() {
		records, err := p.read(src, 11)
		rest <- outcome{records, err}
	}()
	const waits = "ask the schema registry, trying again"
	p.until("reading waits", func() bool { return p.log.Count(waits) > 0 })
	before := p.log.Count(waits)
	dst, err := sides.OpenDestination(p.ctx, p.shared.with(avro).with(settings{"value.schema": fmt.Sprint(known)}))
	is.NoErr(err)
	go func() {
		_, err := dst.Write(p.ctx, []opencdc.Record{{Operation: opencdc.OperationCreate, Metadata: opencdc.Metadata{}, Payload: opencdc.Change{After: opencdc.StructuredData{"id": 11}}}})
		written <- err
	}()
	p.until("writing waits as well", func() bool { return p.log.Count(waits) > before })
	select {
	case o := <-rest:
		t.Fatalf("reading goes on without the registry: %d records, %v", len(o.records), o.err)
	case err := <-written:
		t.Fatalf("writing goes on without the registry: %v", err)
	default:
	}

	is.NoErr(p.registry.Start(p.ctx))
	is.NoErr(<-written)
	o := <-rest
	is.NoErr(o.err)
	got = append(got, o.records...)
	is.Equal(len(got), 12)
	for i, r := range got {
		is.Equal(r.Payload.After, opencdc.StructuredData{"id": int64(i)})
	}
	is.NoErr(dst.Teardown(p.ctx))
}

func TestCheckTriesTheRegistry(t *testing.T) {
	is := is.New(t)
	p := newPlace(t)
	last := func(s settings) kafka.CheckResult {
		results := kafka.CheckSource(p.ctx, p.shared.with(settings{"topics": p.topic, "value.decode": "avro"}).with(s))
		r := results[len(results)-1]
		is.Equal(r.Step, "schema registry")
		return r
	}
	is.Equal(last(nil).Outcome, check.OK)
	wrong := last(settings{"schemaRegistry.urls": "http://" + p.registry.Addr()}) // without the path
	is.Equal(wrong.Outcome, check.Failed)
	expect.Text(t, wrong.Reason, "is this the URL of a registry? That of Apicurio ends with /apis/ccompat/v7")
	nobody := last(settings{"schemaRegistry.urls": "http://127.0.0.1:1," + p.registry.URL()})
	is.Equal(nobody.Outcome, check.OK) // the other one answers
}
