package registry

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
)

// maxBody bounds an answer in bytes.
const maxBody = 16 << 20

// stay follows no redirect, which could lead the login to anywhere.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// transport makes requests, each on a connection of its own: they are few. It takes
// answers of maxBody at most.
type transport struct{ http.RoundTripper }

func newTransport(secure func() *tls.Config) http.RoundTripper {
	t := &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true}
	if secure != nil {
		t.TLSClientConfig = secure() // through a proxy
		t.DialTLSContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			return (&tls.Dialer{Config: secure()}).DialContext(ctx, network, address)
		}
	}
	return transport{t}
}

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := t.RoundTripper.RoundTrip(r)
	if err == nil {
		response.Body = &bounded{response.Body, maxBody}
	}
	return response, err
}

// bounded is a body that fails above a size, before it fills the memory.
type bounded struct {
	io.ReadCloser
	left int
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.left -= n; b.left < 0 {
		return n, fmt.Errorf("the answer is larger than %d bytes", maxBody)
	}
	return n, err
}
