package metrics

import (
	"context"
	"strings"
	"sync"

	sdk "github.com/conduitio/conduit-connector-sdk"
	"github.com/prometheus/client_golang/prometheus"
)

// Side tells a source's metrics from a destination's.
type Side string

// The two sides.
const (
	Source      Side = "source"
	Destination Side = "destination"
)

// counting has the metrics of all connectors that are open in this process. They
// stand in the default registry, which Conduit serves; only one can be there under
// an ID. Conduit may open a connector again without having torn down its old
// self, so those with one ID share them.
var counting = struct {
	mu   sync.Mutex
	open map[key]*shared
}{open: make(map[key]*shared)}

type key struct {
	id   string
	side Side
}

type shared struct {
	*Connector
	users int
}

// Open begins to count for the connector that ctx belongs to. It returns
// nil, which counts nothing, if that is not wanted or not possible. Close what it
// returns.
func Open(ctx context.Context, enabled bool, side Side) *Connector {
	if !enabled {
		return nil
	}
	m, err := start(key{sdk.ConnectorIDFromContext(ctx), side})
	if err != nil {
		// A host has metrics of these names itself. That is no reason to move no data.
		sdk.Logger(ctx).Warn().Err(err).Msg("register metrics: this connector is not counted")
		return nil
	}
	return m
}

func start(k key) (*Connector, error) {
	k.id = strings.ToValidUTF8(k.id, "?")
	counting.mu.Lock()
	defer counting.mu.Unlock()
	if s, ok := counting.open[k]; ok {
		s.users++
		return s.Connector, nil
	}
	m := newConnector(k)
	if err := prometheus.Register(m); err != nil {
		return nil, err
	}
	counting.open[k] = &shared{m, 1}
	return m, nil
}

// Close ends the counting. The last one with an ID takes the metrics out of the
// registry.
func (m *Connector) Close() {
	if m == nil {
		return
	}
	m.reader.Store(nil)
	counting.mu.Lock()
	defer counting.mu.Unlock()
	s := counting.open[m.key]
	if s.users--; s.users == 0 {
		prometheus.Unregister(m)
		m.leaveLocked()
		delete(counting.open, m.key)
	}
}
