package cluster

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/conduitio/conduit-connector-kafka/internal/wire"
)

// WrongClusterError says that a broker belongs to another cluster than the one that a
// client began with: its address was taken over. Offsets, topics and records have
// nothing to do with those of the other cluster, so nothing else is asked of the broker.
type WrongClusterError struct {
	Addr      string
	Known     string // ID of the client's cluster
	Told      string // ID of the broker's
	bootstrap bool   // the address is one of the bootstrap list
}

func (e *WrongClusterError) Error() string {
	return fmt.Sprintf("%s belongs to the cluster %.100q, and not to %.100q, which this connector is connected to: correct servers, or restart the pipeline to use the other cluster",
		e.Addr, e.Told, e.Known)
}

// membership is what is known of the cluster that a client belongs to. The client
// guards it with its lock.
type membership struct {
	clusterID string // empty until a broker has named it
	// sure is when it was known last that an address is of the cluster: a broker there
	// said so, or another one named it before anybody has connected to it.
	sure map[string]time.Time
	met  map[string]bool // addresses that were dialled
}

// surely is for how long a broker is believed to be the one that it was, unless there is
// trouble with it.
const surely = 10 * time.Second

// named notes that a broker of the cluster has named an address. That says nothing of
// one which is known already: it may name brokers that are gone.
func (m *membership) named(addr string) {
	if !m.met[addr] {
		m.sure[addr] = time.Now()
	}
}

// ID returns the ID of the cluster; "" if no broker has named it.
func (c *Client) ID() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.clusterID
}

// belongs notes the ID of the cluster that the first broker names, and
// returns an error if a broker names another. Some name none.
func (c *Client) belongs(addr, told string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.clusterID == "" {
		c.clusterID = told
	}
	if told != "" && told != c.clusterID {
		delete(c.sure, addr)
		return &WrongClusterError{Addr: addr, Known: c.clusterID, Told: told, bootstrap: slices.Contains(c.seeds, addr)}
	}
	c.sure[addr] = time.Now()
	return nil
}

// open dials. Where it is not sure that the address still is of the client's cluster, the
// broker says so before anything else is asked on the connection: what is written and
// committed goes to addresses that may have been taken over since metadata named them.
func (c *Client) open(addr string) (*wire.Conn, error) {
	conn, err := wire.Dial(c.life, addr, c.cfg)
	if err == nil && !c.isSure(addr) {
		ctx, cancel := context.WithTimeout(c.life, c.cfg.DialTimeout)
		defer cancel()
		if _, err = c.askMetadata(ctx, conn, []string{}, leaveMissing); err != nil {
			_ = conn.Close()
			conn = nil
		}
	}
	if err != nil {
		c.mu.Lock()
		delete(c.sure, addr)
		c.mu.Unlock()
	}
	return conn, err
}

// isSure reports whether an address that was just dialled is of the client's cluster, as
// far as is known. While the client knows none, metadata comes next and says it.
func (c *Client) isSure(addr string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.met[addr] = true
	for p := range purposes {
		if s := c.conns[connKey{addr, p}]; s != nil && s.conn != nil && !alive(s.conn) {
			return c.clusterID == ""
		}
	}
	return c.clusterID == "" || time.Since(c.sure[addr]) < surely
}

// taken reports whether an error says that a bootstrap address leads to another cluster.
func taken(err error) bool {
	var wrong *WrongClusterError
	return errors.As(err, &wrong) && wrong.bootstrap
}

// elsewhere reports whether an error says that an address leads to another cluster.
func elsewhere(err error) bool {
	var wrong *WrongClusterError
	return errors.As(err, &wrong)
}
