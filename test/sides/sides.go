// Package sides opens the connector's source and destination as Conduit does.
package sides

import (
	"context"
	"errors"

	"github.com/conduitio/conduit-commons/opencdc"
	sdk "github.com/conduitio/conduit-connector-sdk"

	kafka "github.com/conduitio/conduit-connector-kafka"
)

// NewSource returns a source with settings as they are in a pipeline file. It is not open.
func NewSource(ctx context.Context, settings map[string]string) (sdk.Source, error) {
	src := kafka.NewSource()
	if err := sdk.Util.ParseConfig(ctx, settings, src.Config(), kafka.Connector.NewSpecification().SourceParams); err != nil {
		return nil, err
	}
	return src, nil
}

// OpenSource returns a source that is open. One that can't be opened is torn down.
func OpenSource(ctx context.Context, settings map[string]string, position opencdc.Position) (sdk.Source, error) {
	src, err := NewSource(ctx, settings)
	if err != nil {
		return nil, err
	}
	if err := src.Open(ctx, position); err != nil {
		return nil, errors.Join(err, src.Teardown(ctx))
	}
	return src, nil
}

// NewDestination returns a destination with settings as they are in a pipeline file. It
// is not open.
func NewDestination(ctx context.Context, settings map[string]string) (sdk.Destination, error) {
	dst := kafka.NewDestination()
	if err := sdk.Util.ParseConfig(ctx, settings, dst.Config(), kafka.Connector.NewSpecification().DestinationParams); err != nil {
		return nil, err
	}
	return dst, nil
}

// OpenDestination returns a destination that is open. One that can't be opened is torn
// down.
func OpenDestination(ctx context.Context, settings map[string]string) (sdk.Destination, error) {
	dst, err := NewDestination(ctx, settings)
	if err != nil {
		return nil, err
	}
	if err := dst.Open(ctx); err != nil {
		return nil, errors.Join(err, dst.Teardown(ctx))
	}
	return dst, nil
}

// Write opens a destination, writes records and tears it down.
func Write(ctx context.Context, settings map[string]string, records ...opencdc.Record) (int, error) {
	dst, err := OpenDestination(ctx, settings)
	if err != nil {
		return 0, err
	}
	n, err := dst.Write(ctx, records)
	return n, errors.Join(err, dst.Teardown(ctx))
}
