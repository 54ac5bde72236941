package registry

import (
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/conduitio/conduit-connector-kafka/internal/printable"
)

// loginOf returns what was said to the registry and is nobody else's business, as a
// request has it in its header.
func loginOf(h http.Header) []string {
	scheme, credentials, _ := strings.Cut(h.Get("Authorization"), " ")
	secrets := []string{credentials}
	if strings.EqualFold(scheme, "Basic") {
		if pair, err := base64.StdEncoding.DecodeString(credentials); err == nil {
			_, password, _ := strings.Cut(string(pair), ":")
			secrets = append(secrets, string(pair), password)
		}
	}
	return secrets
}

// loggedIn remembers what a request has in its header.
func (c *Client) loggedIn(h http.Header) {
	login := loginOf(h)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.login = login
}

// clean makes a text of the registry or about it fit for logs and errors.
func (c *Client) clean(text string) string {
	c.mu.Lock()
	login := c.login
	c.mu.Unlock()
	return printable.Text(printable.Without(text, login...))
}
