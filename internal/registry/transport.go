package registry

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

const (
	// maxBody bounds an answer in bytes, after it is decompressed, and maxHeader what is
	// before it.
	maxBody   = 4 << 20
	maxHeader = 64 << 10
	// idleFor is how long a connection is kept for the next question. It spares questions
	// one after the other a connection each, and leaves none when there are no more.
	idleFor = 500 * time.Millisecond
)

// stay follows no redirect, which could lead the login to anywhere.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// transport makes requests. It takes answers of maxBody at most.
type transport struct{ http.RoundTripper }

func newTransport(secure func() *tls.Config) http.RoundTripper {
	t := &http.Transport{Proxy: http.ProxyFromEnvironment, IdleConnTimeout: idleFor, MaxIdleConnsPerHost: parallel, MaxResponseHeaderBytes: maxHeader}
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
		response.Body = &bounded{response.Body, response.StatusCode, maxBody}
	}
	return response, err
}

// tooLargeError says that an answer is larger than any schema.
type tooLargeError struct{ status int }

func (*tooLargeError) Error() string {
	return fmt.Sprintf("the answer is larger than %d bytes", maxBody)
}

// bounded is a body that fails above a size, before it fills the memory.
type bounded struct {
	io.ReadCloser
	status int
	left   int
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.left -= n; b.left < 0 {
		return n, &tooLargeError{b.status}
	}
	return n, err
}
