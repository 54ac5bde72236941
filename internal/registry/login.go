package registry

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/conduitio/conduit-connector-kafka/internal/printable"
)

// login is what was said to the registry and is nobody else's business, in each form in
// which a server may repeat it, the longest first.
type login []string

// loginOf returns the login that a request has in its header.
func loginOf(h http.Header) login {
	scheme, credentials, _ := strings.Cut(h.Get("Authorization"), " ")
	secrets := []string{credentials}
	if strings.EqualFold(scheme, "Basic") {
		if pair, err := base64.StdEncoding.DecodeString(credentials); err == nil {
			_, password, _ := strings.Cut(string(pair), ":")
			secrets = append(secrets, string(pair), password)
		}
	}
	var l login
	for _, secret := range secrets {
		if secret != "" {
			l = append(l, forms(secret)...)
		}
	}
	slices.SortStableFunc(l, func(a, b string) int { return len(b) - len(a) })
	return l
}

// forms are a secret as it is, escaped as in URLs and in JSON, and in base64.
func forms(secret string) []string {
	all := []string{secret, url.QueryEscape(secret), url.PathEscape(secret)}
	if quoted, err := json.Marshal(secret); err == nil {
		all = append(all, string(quoted[1:len(quoted)-1]))
	}
	for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		all = append(all, encoding.EncodeToString([]byte(secret))) // with or without what pads it
	}
	return all
}

// clean makes a text of the registry or about it fit for logs and errors.
func (c *Client) clean(text string) string {
	for _, secret := range c.login {
		text = strings.ReplaceAll(text, secret, "(secret)")
	}
	return printable.Text(text)
}
