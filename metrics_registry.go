package kafka

import (
	"context"
	"strings"
	"sync"

	sdk "github.com/conduitio/conduit-connector-sdk"
	"github.com/prometheus/client_golang/prometheus"
)

// side tells a source's metrics from a destination's.
type side string

const (
	sourceSide      side = "source"
	destinationSide side = "destination"
)

// counting has the metrics of all connectors that are open in this process. They
// stand in the default registry, which Conduit serves; only one can be there under
// an ID. Conduit may open a connector again without having torn down its old
// self, so those with one ID share them.
var counting = struct {
	mu   sync.Mutex
	open map[metricsKey]*shared
}{open: make(map[metricsKey]*shared)}

type metricsKey struct {
	id string
	side
}

type shared struct {
	*metrics
	users int
}

// openMetrics begins to count for the connector that ctx belongs to. It returns
// nil, which counts nothing, if that is not wanted or not possible. Close what it
// returns.
func openMetrics(ctx context.Context, enabled bool, side side) *metrics {
	if !enabled {
		return nil
	}
	m, err := startCounting(metricsKey{sdk.ConnectorIDFromContext(ctx), side})
	if err != nil {
		// A host has metrics of these names itself. That is no reason to move no data.
		sdk.Logger(ctx).Warn().Err(err).Msg("register metrics: this connector goes on without")
		return nil
	}
	return m
}

func startCounting(k metricsKey) (*metrics, error) {
	k.id = strings.ToValidUTF8(k.id, "?")
	counting.mu.Lock()
	defer counting.mu.Unlock()
	if s, ok := counting.open[k]; ok {
		s.users++
		return s.metrics, nil
	}
	m := newMetrics(k)
	if err := prometheus.Register(m); err != nil {
		return nil, err
	}
	counting.open[k] = &shared{m, 1}
	return m, nil
}

// close ends the counting. The last one with an ID takes the metrics out of the
// registry.
func (m *metrics) close() {
	if m == nil {
		return
	}
	m.reader.Store(nil)
	counting.mu.Lock()
	defer counting.mu.Unlock()
	s := counting.open[m.key]
	if s.users--; s.users == 0 {
		prometheus.Unregister(m)
		delete(counting.open, m.key)
	}
}
