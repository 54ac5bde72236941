package hostile

import (
	"crypto/tls"
	"io"
	"net"
	"strings"
	"time"

	"github.com/conduitio/conduit-connector-kafka/test/certs"
)

// hosts are the names of brokers.
var hosts = []string{"127.0.0.1", "localhost"}

// escape is a name that a terminal would obey.
const escape = "\x1b[2J\x1b]0;owned\a\r\n"

// tlsLies are all there are, by name.
var tlsLies = map[string]func(*tunnel){
	"expired":       func(t *tunnel) { t.present(t, t.issued(t.ca.ExpiredServer())) },
	"wrong name":    func(t *tunnel) { t.present(t, t.issued(t.ca.ServerOnly("elsewhere.example"))) },
	"self-signed":   func(t *tunnel) { t.present(t, t.issued(certs.SelfSigned(hosts...))) },
	"not a server":  func(t *tunnel) { t.present(t, t.issued(t.ca.Client("a client", hosts...))) },
	"unknown CA":    func(t *tunnel) { t.present(t, t.issued(t.foreign("another").Server())) },
	"names":         names,
	"long chain":    func(t *tunnel) { t.present(t, chain(t, 100)) },
	"giant chain":   func(t *tunnel) { t.present(t, chain(t, 5000)) },
	"maze":          maze,
	"wants a login": func(t *tunnel) { t.present(t, t.truth, wants(t, "nobody's")) },
	"wants escapes": func(t *tunnel) { t.present(t, t.truth, wants(t, escape)) },
	"old version": func(t *tunnel) {
		t.present(t, t.truth, func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 })
	},
	"silent":          func(t *tunnel) { _, _ = io.Copy(io.Discard, t) },
	"hang up":         func(*tunnel) {},
	"plain text":      func(t *tunnel) { t.say("HTTP/1.1 400 Bad Request\r\n\r\n" + escape) },
	"after it":        func(t *tunnel) { t.present(t, t.truth) }, // nothing
	"hang up after":   func(t *tunnel) { _ = tls.Server(t, &tls.Config{Certificates: []tls.Certificate{t.truth}}).Handshake() },
	"cut":             func(t *tunnel) { t.present(&bent{Conn: t, left: t.rng.IntN(2000), then: io.ErrClosedPipe}, t.truth) },
	"half":            func(t *tunnel) { t.present(&bent{Conn: t, left: t.rng.IntN(2000)}, t.truth) },
	"noise":           func(t *tunnel) { t.present(&bent{Conn: t, left: 1 << 30, flip: t.rng.IntN}, t.truth) },
	"byte by byte":    func(t *tunnel) { t.present(&bent{Conn: t, left: 1 << 30, slow: time.Second}, t.truth) },
	"a byte a record": fragments,
	"alerts":          func(t *tunnel) { t.flood("\x15\x03\x03\x00\x02\x01\x5a") }, // a warning: user_canceled
	"empty records":   func(t *tunnel) { t.flood("\x16\x03\x03\x00\x00") },
	"hello requests":  func(t *tunnel) { t.flood("\x16\x03\x03\x00\x04\x00\x00\x00\x00") }, // asks to negotiate again
	"a large record":  func(t *tunnel) { t.say("\x16\x03\x03\xff\xff"); t.flood(strings.Repeat("x", 1000)) },
	"a large message": func(t *tunnel) {
		t.say("\x16\x03\x03\x40\x00\x02\xff\xff\xff")
		t.flood("\x16\x03\x03\x40\x00")
	},
}

func (t *tunnel) say(text string) { _, _ = io.WriteString(t.Conn, text) }

// flood says the same until nobody listens.
func (t *tunnel) flood(text string) {
	many := []byte(strings.Repeat(text, 1000))
	for {
		if _, err := t.Write(many); err != nil {
			return
		}
	}
}

// names presents a certificate with thousands of names that a terminal would obey.
func names(t *tunnel) {
	var all []string
	for range 3000 {
		all = append(all, strings.Repeat("x", 20)+escape+".example")
	}
	t.present(t, t.issued(t.ca.ServerOnly(all...)))
}

// chain is the right certificate, with many behind it that have nothing to do with it.
func chain(t *tunnel, n int) tls.Certificate {
	cert, more := t.truth, der(t.foreign("filler").Cert())
	cert.Certificate = append([][]byte{}, t.truth.Certificate[0])
	for range n {
		cert.Certificate = append(cert.Certificate, more)
	}
	return cert
}

// maze presents a certificate with authorities of one name, each of which may have signed
// it and each other.
func maze(t *tunnel) {
	ca := t.foreign("maze")
	cert := t.issued(ca.Server())
	for range 40 {
		next, err := ca.Intermediate("maze")
		if err != nil {
			return
		}
		cert.Certificate = append(cert.Certificate, der(next.Cert()))
		ca = next
	}
	t.present(t, cert)
}

// wants asks for a certificate of many authorities of a name.
func wants(t *tunnel, name string) func(*tls.Config) {
	return func(c *tls.Config) {
		c.ClientAuth = tls.RequireAndVerifyClientCert
		c.ClientCAs = pool(t.foreign(name), t.foreign(strings.Repeat(name, 20)))
	}
}

// fragments sends a handshake in records of one byte.
func fragments(t *tunnel) {
	t.present(&bent{Conn: t, left: 1 << 30, small: true}, t.truth)
}

// bent is a connection that does not pass on everything as it is.
type bent struct {
	net.Conn
	left  int           // bytes until it stops
	then  error         // with an error; nil: in silence
	flip  func(int) int // changes a bit of each write
	slow  time.Duration // for each byte
	small bool          // puts each byte of a handshake into a record of its own
}

func (b *bent) Write(p []byte) (int, error) {
	out := append([]byte{}, p[:min(len(p), b.left)]...)
	b.left -= len(out)
	if b.flip != nil && len(out) > 0 {
		out[b.flip(len(out))] ^= 1 << b.flip(8)
	}
	if b.small {
		out = split(out)
	}
	for len(out) > 0 {
		n := len(out)
		if b.slow > 0 {
			n = 1
			time.Sleep(b.slow)
		}
		if _, err := b.Conn.Write(out[:n]); err != nil {
			return 0, err
		}
		out = out[n:]
	}
	if b.left == 0 && b.then != nil {
		_ = b.Close()
		return 0, b.then
	}
	return len(p), nil
}

// split puts each byte of the records of a handshake into a record of its own.
func split(records []byte) (out []byte) {
	for len(records) > 5 {
		n := min(5+int(records[3])<<8+int(records[4]), len(records))
		if records[0] != 22 {
			out = append(out, records[:n]...)
		} else {
			for _, b := range records[5:n] {
				out = append(out, records[0], records[1], records[2], 0, 1, b)
			}
		}
		records = records[n:]
	}
	return out
}
