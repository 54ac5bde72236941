package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/conduitio/conduit-connector-protocol/pconnector"
	sdk "github.com/conduitio/conduit-connector-sdk"

	kafka "github.com/conduitio/conduit-connector-kafka"
	"github.com/conduitio/conduit-connector-kafka/bench/internal/payload"
)

// connectorReader is the connector's source, used as Conduit uses it.
type connectorReader struct {
	source  sdk.Source
	readOne bool // by Read; ReadN otherwise
	ack     func(context.Context, opencdc.Position) error
	late    *lateAcks // nil if each record is acknowledged at once
}

// It does not use test/sides, which the published connector lacks.
func openConnectorReader(ctx context.Context, o options, fromStart bool) (reader, error) {
	settings := map[string]string{
		"servers":           o.servers,
		"topics":            o.topic,
		"groupID":           o.group,
		"readFromBeginning": strconv.FormatBool(fromStart),
	}
	maps.Copy(settings, o.settings)
	source := kafka.NewSource()
	if err := sdk.Util.ParseConfig(ctx, settings, source.Config(), kafka.Connector.NewSpecification().SourceParams); err != nil {
		return nil, fmt.Errorf("configure source: %w", err)
	}
	if err := source.Open(ctx, nil); err != nil {
		return nil, errors.Join(err, source.Teardown(ctx))
	}
	c := &connectorReader{source: source, readOne: o.readOne, ack: source.Ack}
	if o.ackEvery > 0 {
		c.late = newLateAcks(source.Ack, o.ackEvery)
		c.ack = c.late.add
	}
	if o.keepOnly {
		c.keep(o.ackEvery)
	}
	return c, nil
}

// keep acknowledges at once, and keeps positions as a host does that acknowledges late:
// what that costs the host is not what it costs the connector.
func (c *connectorReader) keep(every time.Duration) {
	c.late = newLateAcks(func(context.Context, opencdc.Position) error { return nil }, every)
	c.ack = func(ctx context.Context, p opencdc.Position) error {
		if err := c.source.Ack(ctx, p); err != nil {
			return err
		}
		return c.late.add(ctx, p)
	}
}

func (c *connectorReader) api() string {
	if c.readOne {
		return "Read"
	}
	return "ReadN"
}

func (c *connectorReader) next(ctx context.Context, limit int, visit func([]byte)) (int, int64, error) {
	if c.readOne {
		return c.nextOnes(ctx, limit, visit)
	}
	records, err := c.source.ReadN(ctx, writeBatch)
	if errors.Is(err, sdk.ErrUnimplemented) {
		c.readOne = true // as the SDK does it for Conduit
		return c.nextOnes(ctx, limit, visit)
	}
	if visit != nil { // before what acks take
		for i := range records {
			visit(records[i].Payload.After.Bytes())
		}
	}
	var size int64
	for i := range records {
		n, err := c.take(ctx, &records[i])
		if err != nil {
			return i, size, err
		}
		size += n
	}
	return len(records), size, err
}

func (c *connectorReader) nextOnes(ctx context.Context, limit int, visit func([]byte)) (int, int64, error) {
	var size int64
	for i := range limit {
		record, err := c.source.Read(ctx)
		if err != nil {
			return i, size, err
		}
		if visit != nil {
			visit(record.Payload.After.Bytes())
		}
		n, err := c.take(ctx, &record)
		if err != nil {
			return i, size, err
		}
		size += n
	}
	return limit, size, nil
}

// take acknowledges a record, or has it acknowledged later.
func (c *connectorReader) take(ctx context.Context, record *opencdc.Record) (int64, error) {
	value, ok := record.Payload.After.(opencdc.RawData)
	if !ok {
		return 0, fmt.Errorf("read: the payload is %T", record.Payload.After)
	}
	return int64(len(value)), c.ack(ctx, record.Position)
}

func (c *connectorReader) ackRest(ctx context.Context) error {
	if c.late == nil {
		return nil
	}
	return c.late.finish(ctx)
}

func (c *connectorReader) close(ctx context.Context) error {
	return errors.Join(c.ackRest(ctx), c.source.Teardown(ctx))
}

// connectorWriter is the connector's destination.
type connectorWriter struct {
	destination sdk.Destination
	batches     [][]opencdc.Record
	places      *places // nil if records keep their positions
}

func openConnectorWriter(ctx context.Context, o options, batches, batch int) (writer, error) {
	settings := map[string]string{
		"servers":     o.servers,
		"topic":       o.topic,
		"acks":        "all",
		"compression": o.codec,
	}
	if o.exactly {
		settings["exactlyOnce"] = "true"
	}
	maps.Copy(settings, o.settings)
	destination := kafka.NewDestination()
	if err := sdk.Util.ParseConfig(ctx, settings, destination.Config(), kafka.Connector.NewSpecification().DestinationParams); err != nil {
		return nil, fmt.Errorf("configure destination: %w", err)
	}
	// The plugin gives the connector its ID, which exactlyOnce needs and which is that of
	// transactions. With IDs in settings it would look out for other processes.
	plugin := sdk.NewDestinationPlugin(destination, pconnector.PluginConfig{ConnectorID: o.topic}, nil)
	if _, err := plugin.Open(ctx, pconnector.DestinationOpenRequest{}); err != nil {
		return nil, errors.Join(err, destination.Teardown(ctx))
	}
	return &connectorWriter{destination, newRecords(o, batches, batch), newPlaces(o)}, nil
}

// newRecords makes what writers get that take Conduit's records.
func newRecords(o options, batches, batch int) [][]opencdc.Record {
	out := make([][]opencdc.Record, batches)
	for b := range out {
		out[b] = make([]opencdc.Record, batch)
		for i := range out[b] {
			out[b][i] = newRecord(b*batch+i, o)
		}
	}
	return out
}

// newRecord is as a source would have made it.
func newRecord(i int, o options) opencdc.Record {
	return opencdc.Record{
		Position:  opencdc.Position(strconv.Itoa(i)),
		Operation: opencdc.OperationCreate,
		Metadata:  opencdc.Metadata{opencdc.MetadataCollection: o.topic, opencdc.MetadataReadAt: "1700000000000000000"},
		Key:       opencdc.RawData(payload.Key(i)),
		Payload:   opencdc.Change{After: opencdc.RawData(payload.Value(i, o.size))},
	}
}

func (c *connectorWriter) write(ctx context.Context, i int) error {
	return c.writeRecords(ctx, c.batches[i])
}

func (c *connectorWriter) writeRecords(ctx context.Context, records []opencdc.Record) error {
	c.places.give(records)
	n, err := c.destination.Write(ctx, records)
	if err == nil && n != len(records) {
		return fmt.Errorf("write: %d of %d records written, without an error", n, len(records))
	}
	return err
}

func (c *connectorWriter) close(ctx context.Context) error { return c.destination.Teardown(ctx) }
