package metrics

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// endpoint serves the metrics of this process at an address, for the connectors that
// ask for it.
type endpoint struct {
	listener net.Listener
	server   *http.Server
	done     chan struct{} // closed when it serves no more
	users    int
}

// endpoints are by their addresses as the settings have them. counting.mu guards them.
var endpoints = make(map[string]*endpoint)

// Serve serves the metrics of this process at http://address/metrics until Close, for
// connectors that run in a process of their own. Connectors with one address share it.
// An empty address serves nothing.
func (m *Connector) Serve(address string) error {
	if m == nil || address == "" {
		return nil
	}
	counting.mu.Lock()
	defer counting.mu.Unlock()
	if m.address == address {
		return nil // another user of this connector did
	}
	e, ok := endpoints[address]
	if !ok {
		var err error
		if e, err = serve(address); err != nil {
			return err
		}
		endpoints[address] = e
	}
	e.users++
	m.leaveLocked() // with other settings before
	m.address = address
	return nil
}

func serve(address string) (*endpoint, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("serve metrics at metricsAddress: %w (each plugin process needs an address of its own)", err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.Handler())
	e := &endpoint{
		listener: l,
		server:   &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute},
		done:     make(chan struct{}),
	}
	go func() {
		defer close(e.done)
		if err := e.server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			_ = l.Close() // scrapes find nothing then, which is what they report
		}
	}()
	return e, nil
}

// leaveLocked ends the use of the endpoint; the last to leave closes it.
func (m *Connector) leaveLocked() {
	e, ok := endpoints[m.address]
	if !ok {
		return
	}
	if e.users--; e.users == 0 {
		_ = e.server.Close() // nobody waits for the answers
		<-e.done
		delete(endpoints, m.address)
	}
	m.address = ""
}
