package hostile_test

import (
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"net/http/httptest"
	"testing"

	"github.com/conduitio/conduit-commons/opencdc"
	sdk "github.com/conduitio/conduit-connector-sdk"
	"github.com/matryer/is"
	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"github.com/conduitio/conduit-connector-kafka/test/sides"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreCurrent(), // a dependency of the embedded broker starts one
		// The embedded broker's own may end a little later than it.
		goleak.IgnoreAnyFunction("github.com/twmb/franz-go/pkg/kfake.(*group).manage"),
		goleak.IgnoreAnyFunction("github.com/twmb/franz-go/pkg/kfake.(*clientConn).read"),
		goleak.IgnoreAnyFunction("github.com/twmb/franz-go/pkg/kfake.(*clientConn).read.func1"),
		goleak.IgnoreAnyFunction("github.com/twmb/franz-go/pkg/kfake.(*clientConn).write"))
}

// guard bounds what must not hang.
const guard = sides.Guard

func guarded(t *testing.T) context.Context {
	t.Helper()
	return sides.Guarded(t, zerolog.New(zerolog.NewTestWriter(t)).Level(zerolog.WarnLevel))
}

// settings are a connector's, as in a pipeline file.
type settings map[string]string

func (s settings) with(more settings) settings {
	out := maps.Clone(s)
	maps.Copy(out, more)
	return out
}

// newSource configures a source as Conduit does.
func newSource(t *testing.T, ctx context.Context, s settings) sdk.Source {
	t.Helper()
	src, err := sides.NewSource(ctx, s)
	is.New(t).NoErr(err)
	return src
}

// newDestination configures a destination as Conduit does.
func newDestination(t *testing.T, ctx context.Context, s settings) sdk.Destination {
	t.Helper()
	dst, err := sides.NewDestination(ctx, s)
	is.New(t).NoErr(err)
	return dst
}

// openSource configures and opens a source as Conduit does.
func openSource(t *testing.T, ctx context.Context, s settings, position opencdc.Position) (sdk.Source, error) {
	t.Helper()
	src := newSource(t, ctx, s)
	if err := src.Open(ctx, position); err != nil {
		return nil, errors.Join(err, src.Teardown(ctx))
	}
	return src, nil
}

// openDestination configures and opens a destination as Conduit does.
func openDestination(t *testing.T, ctx context.Context, s settings) (sdk.Destination, error) {
	t.Helper()
	dst := newDestination(t, ctx, s)
	if err := dst.Open(ctx); err != nil {
		return nil, errors.Join(err, dst.Teardown(ctx))
	}
	return dst, nil
}

// numbered makes n records.
func numbered(n int) []opencdc.Record {
	records := make([]opencdc.Record, n)
	for i := range records {
		records[i] = opencdc.Record{
			Position:  opencdc.Position(fmt.Sprint(i)),
			Operation: opencdc.OperationCreate,
			Metadata:  opencdc.Metadata{},
			Key:       opencdc.RawData(fmt.Sprint("key-", i)),
			Payload:   opencdc.Change{After: opencdc.RawData(fmt.Sprint("value-", i))},
		}
	}
	return records
}

// certificate is that of a test server, in PEM.
func certificate(srv *httptest.Server) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw})
}
