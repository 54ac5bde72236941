package broker

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/conduitio/conduit-connector-kafka/test/certs"
	"github.com/conduitio/conduit-connector-kafka/test/proxy"
)

// Certs are the certificates of one cluster, PEM.
type Certs struct {
	CA      []byte     `json:"ca"`
	Client  certs.Pair `json:"client"`
	Expired certs.Pair `json:"expired"` // a client certificate that has ended
}

// TLS returns a client configuration that trusts the cluster and presents the
// client certificate.
func (c Certs) TLS() (*tls.Config, error) {
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(c.CA) {
		return nil, errors.New("read CA certificate: not PEM")
	}
	pair, err := c.Client.TLS()
	if err != nil {
		return nil, fmt.Errorf("read client certificate: %w", err)
	}
	return &tls.Config{RootCAs: pool, Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}, nil
}

// Cluster is a running Kafka cluster. Nodes are numbered from 1, as in its metadata.
type Cluster struct {
	desc description

	mu      sync.Mutex
	dir     string            // of the nodes' files
	engine  engine            // nil where another process, or nobody here, started the nodes
	state   map[int]nodeState // of every node
	proxies []*proxy.Proxy    // one for each node if Options.Proxied
}

// description is what a process needs to know to use a cluster; it passes from
// cmd/kafka to the tests.
type description struct {
	Options   Options  `json:"options"`
	Plaintext []string `json:"plaintext"`
	Layout    layout   `json:"layout"`
	Certs     Certs    `json:"certs"`
	Tool      []string `json:"tool"`
}

// Start starts a cluster and returns when every node serves and knows all
// others. Where it cannot, because the machine has nothing to run Kafka with,
// its error wraps [ErrUnavailable]. Stop the cluster.
func Start(ctx context.Context, o Options) (*Cluster, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	if servers := os.Getenv("KAFKA_TEST_SERVERS"); servers != "" {
		return attachServers(ctx, servers, o)
	}
	prepare, err := chooseEngine(ctx, o.release())
	if err != nil {
		return nil, fmt.Errorf("start Kafka: %w", err)
	}
	l, err := freePorts(o.Nodes)
	if err != nil {
		return nil, err
	}
	c := &Cluster{
		desc:  description{Options: o, Layout: l, Plaintext: l.addrs(o.advertised(plaintext))},
		state: make(map[int]nodeState),
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if err := c.launch(ctx, prepare); err != nil {
		return nil, fmt.Errorf("start Kafka: %w", errors.Join(err, c.Stop()))
	}
	return c, nil
}

func (c *Cluster) launch(ctx context.Context, prepare preparer) error {
	dir, creds, err := workspace(c.desc.Layout)
	if err != nil {
		return err
	}
	c.dir, c.desc.Certs = dir, creds
	e, err := prepare(dir, c.desc.Layout, c.desc.Options)
	if err != nil {
		return errors.Join(err, os.RemoveAll(dir))
	}
	c.engine = e
	c.desc.Tool = c.engine.tool()
	if err := c.listenBefore(); err != nil {
		return err
	}
	for n := 1; n <= c.desc.Options.Nodes; n++ {
		if err := c.engine.start(ctx, n); err != nil {
			return fmt.Errorf("start node %d: %w", n, err)
		}
		c.state[n] = running
	}
	if err := c.ready(ctx); err != nil {
		return err
	}
	if !c.desc.Options.release().scram() {
		return nil
	}
	return c.AddSCRAMUser(ctx, User, Password)
}

// listenBefore starts the proxies, if there shall be any.
func (c *Cluster) listenBefore() error {
	if !c.desc.Options.Proxied {
		return nil
	}
	l := c.desc.Layout
	for n := 1; n <= l.Nodes; n++ {
		p, err := proxy.Listen(l.addr(n, front), l.addr(n, plaintext))
		if err != nil {
			return err
		}
		c.proxies = append(c.proxies, p)
	}
	return nil
}

// Stop ends all nodes and proxies and removes all data. The second call does nothing.
func (c *Cluster) Stop() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.engine == nil {
		return nil
	}
	var errs []error
	for _, p := range c.proxies {
		errs = append(errs, p.Close())
	}
	errs = append(errs, c.engine.close())
	c.engine = nil
	return errors.Join(errs...)
}

// Proxy returns the proxy before a node's plaintext listener, if Options.Proxied, else nil.
func (c *Cluster) Proxy(node int) *proxy.Proxy {
	if node < 1 || node > len(c.proxies) {
		return nil
	}
	return c.proxies[node-1]
}

// Options returns the options that the cluster was started with.
func (c *Cluster) Options() Options { return c.desc.Options }

// Servers returns the plaintext listeners, through the proxies where there are any.
func (c *Cluster) Servers() []string { return slices.Clone(c.desc.Plaintext) }

// Direct returns plaintext listeners that no proxy stands before: for looking
// at a cluster while its proxies are at fault.
func (c *Cluster) Direct() []string {
	if c.desc.Layout.Nodes == 0 {
		return c.Servers()
	}
	return c.desc.Layout.addrs(direct)
}

// SSL returns the TLS listeners, which require a client certificate; none before Kafka 3.3.
func (c *Cluster) SSL() []string { return c.secured(ssl) }

// secured returns the addresses of a listener with TLS.
func (c *Cluster) secured(listener int) []string {
	if !c.desc.Options.release().tls() {
		return nil
	}
	return c.desc.Layout.addrs(listener)
}

// SASLSSL returns the listeners with SASL over TLS: PLAIN, SCRAM-SHA-256 and
// SCRAM-SHA-512 as [User], OAUTHBEARER with any [Token]; none before Kafka 3.3.
func (c *Cluster) SASLSSL() []string { return c.secured(saslSSL) }

// SASLPlaintext returns the listeners with the same SASL mechanisms, without TLS. Before
// Kafka 2.7 SCRAM knows no user.
func (c *Cluster) SASLPlaintext() []string { return c.desc.Layout.addrs(saslPlaintext) }

// Certs returns the CA that signed the brokers' certificates, and a client
// certificate that the brokers accept.
func (c *Cluster) Certs() Certs {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.desc.Certs
}

// Tool runs one of Kafka's own Java classes, for example
// org.apache.kafka.tools.TopicCommand, and returns its standard output.
func (c *Cluster) Tool(ctx context.Context, class string, args ...string) (string, error) {
	return c.ToolWith(ctx, nil, class, args...)
}

// ToolWith is Tool with standard input.
func (c *Cluster) ToolWith(ctx context.Context, input io.Reader, class string, args ...string) (string, error) {
	var out strings.Builder
	err := c.tool(ctx, input, &out, class, args)
	return out.String(), err
}

// ToolTo is Tool for one that goes on until ctx ends: its standard output goes to out
// as it comes.
func (c *Cluster) ToolTo(ctx context.Context, out io.Writer, class string, args ...string) error {
	return c.tool(ctx, nil, out, class, args)
}

func (c *Cluster) tool(ctx context.Context, input io.Reader, out io.Writer, class string, args []string) error {
	if len(c.desc.Tool) == 0 {
		return fmt.Errorf("run %s: this cluster came without tools", class)
	}
	if err := runTo(ctx, input, out, slices.Concat(c.desc.Tool, []string{class}, args)...); err != nil {
		return fmt.Errorf("run %s: %w", class, err)
	}
	return nil
}
