package oauth

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
)

// client is made for each request, since they are rare: it leaves no connection open
// and takes the authorities as they are now. It follows no redirect, which
// could lead the secret to anywhere.
func (c *cached) client() *http.Client {
	var roots *x509.CertPool
	if c.Roots != nil {
		roots = c.Roots()
	}
	return &http.Client{
		Transport: whole{&http.Transport{
			Proxy:             http.ProxyFromEnvironment,
			TLSClientConfig:   &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
			DisableKeepAlives: true,
		}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// maxAnswer is more than any token takes.
const maxAnswer = 1 << 20

// whole reads an answer to its end before anybody looks at it, to tell one that
// is cut off from one that is wrong.
type whole struct{ http.RoundTripper }

func (w whole) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := w.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return nil, err
	}
	res.Body = io.NopCloser(bytes.NewReader(body))
	return res, nil
}
