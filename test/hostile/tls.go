package hostile

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/conduitio/conduit-connector-kafka/test/certs"
)

// TLSLiar stands before brokers without TLS, and speaks TLS for them: some connections get
// a lie in place of it. Its methods may be called concurrently.
type TLSLiar struct {
	ctx   context.Context // ends all connections
	ca    *certs.CA
	truth tls.Certificate
	names []string
	plan  TLSPlan
	dials atomic.Int64
	told  atomic.Int64
	heard atomic.Int64
	tasks sync.WaitGroup

	mu  sync.Mutex
	rng *rand.Rand
}

// TLSPlan is which connections get a lie.
type TLSPlan struct {
	Lies  []string      // their names; nil: all
	Every float64       // the share of connections, 0 to 1
	After int64         // connections that are served truthfully before
	Life  time.Duration // of a truthful connection, at most; 0: it is not ended
}

// NewTLSLiar returns a liar whose connections end with ctx.
func NewTLSLiar(ctx context.Context, seed uint64, plan TLSPlan) (*TLSLiar, error) {
	ca, err := certs.New("the right one")
	if err != nil {
		return nil, err
	}
	l := &TLSLiar{ctx: ctx, ca: ca, plan: plan, names: plan.Lies, rng: rand.New(rand.NewPCG(seed, 0))}
	if l.names == nil {
		l.names = TLSNames()
	}
	server, err := ca.Server()
	if err != nil {
		return nil, err
	}
	l.truth, err = server.TLS()
	return l, err
}

// TLSNames are those of all lies, in order.
func TLSNames() []string { return slices.Sorted(maps.Keys(tlsLies)) }

// CA is the authority that a client is to trust, in PEM.
func (l *TLSLiar) CA() string { return string(l.ca.Cert()) }

// Requests is how many connections there were; Told how many got a lie.
func (l *TLSLiar) Requests() int64 { return l.dials.Load() }

// Told is how many connections got a lie.
func (l *TLSLiar) Told() int64 { return l.told.Load() }

// Heard is how many bytes clients have said to servers that they should not believe.
func (l *TLSLiar) Heard() int64 { return l.heard.Load() }

// Wait waits for the end of all connections.
func (l *TLSLiar) Wait() { l.tasks.Wait() }

// Dial connects to a broker, as wire.Dialer has it.
func (l *TLSLiar) Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	n := l.dials.Add(1)
	l.mu.Lock()
	rng := rand.New(rand.NewPCG(l.rng.Uint64(), 0))
	l.mu.Unlock()
	ours, theirs, err := pair(ctx)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(l.ctx, func() { _ = ours.Close() })
	l.tasks.Go(func() {
		defer stop()
		defer ours.Close()
		if n > l.plan.After && rng.Float64() < l.plan.Every {
			l.told.Add(1)
			tlsLies[l.names[rng.IntN(len(l.names))]](&tunnel{l, ours, rng})
			return
		}
		if l.plan.Life > 0 {
			end := time.AfterFunc(time.Duration(rng.Int64N(int64(l.plan.Life))), func() { _ = ours.Close() })
			defer end.Stop()
		}
		l.serve(ours, network, addr)
	})
	return theirs, nil
}

// pair is a connection, and its other end. A net.Pipe would block whoever writes to a
// liar that does not read.
func pair(ctx context.Context) (ours, theirs net.Conn, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	defer l.Close()
	if theirs, err = new(net.Dialer).DialContext(ctx, "tcp", l.Addr().String()); err != nil {
		return nil, nil, err
	}
	if ours, err = l.Accept(); err != nil {
		return nil, nil, errors.Join(err, theirs.Close())
	}
	return ours, theirs, nil
}

// serve speaks TLS with a client, and passes on what it says to a broker.
func (l *TLSLiar) serve(client net.Conn, network, addr string) {
	broker, err := new(net.Dialer).DialContext(l.ctx, network, addr)
	if err != nil {
		return
	}
	defer broker.Close()
	secure := tls.Server(client, &tls.Config{Certificates: []tls.Certificate{l.truth}})
	l.tasks.Go(func() {
		defer broker.Close()
		_, _ = io.Copy(broker, secure)
	})
	_, _ = io.Copy(secure, broker)
}

// tunnel is one connection that gets a lie.
type tunnel struct {
	*TLSLiar
	net.Conn
	rng *rand.Rand
}

// issued makes the certificate that a server presents.
func (t *tunnel) issued(pair certs.Pair, err error) tls.Certificate {
	if err != nil {
		panic(fmt.Sprint("issue a certificate: ", err))
	}
	cert, err := pair.TLS()
	if err != nil {
		panic(fmt.Sprint("issue a certificate: ", err))
	}
	return cert
}

// present does a handshake with a certificate, in a way, over a connection, and then says
// nothing.
func (t *tunnel) present(over net.Conn, cert tls.Certificate, how ...func(*tls.Config)) {
	cfg := &tls.Config{Certificates: []tls.Certificate{cert}}
	for _, h := range how {
		h(cfg)
	}
	n, _ := io.Copy(io.Discard, tls.Server(over, cfg))
	if !bytes.Equal(cert.Certificate[0], t.truth.Certificate[0]) {
		t.heard.Add(n)
	}
}

// foreign is an authority that nobody trusts.
func (t *tunnel) foreign(name string) *certs.CA {
	ca, err := certs.New(name)
	if err != nil {
		panic(fmt.Sprint("make an authority: ", err))
	}
	return ca
}

// der is a certificate without its wrapping.
func der(text []byte) []byte {
	block, _ := pem.Decode(text)
	return block.Bytes
}

// pool is what a server says that it takes certificates of.
func pool(cas ...*certs.CA) *x509.CertPool {
	all := x509.NewCertPool()
	for _, ca := range cas {
		all.AppendCertsFromPEM(ca.Cert())
	}
	return all
}
