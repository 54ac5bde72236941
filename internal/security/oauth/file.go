package oauth

import (
	"bytes"
	"context"
	"fmt"

	"github.com/conduitio/conduit-connector-kafka/internal/security/reload"
)

// File gives the token in a file, which is read again each time. Where it can't be
// read, or holds no token, warn is called with the reason and the last token is given.
func File(path string, warn func(error)) (Source, error) {
	v, err := reload.New(func() (string, error) { return readToken(path) }, warn)
	if err != nil {
		return nil, err
	}
	return file{v}, nil
}

type file struct{ token *reload.Value[string] }

func (f file) Token(context.Context) (string, error) { return f.token.Get(), nil }

// Refused reports whether the file has another token by now.
func (f file) Refused(token string) bool { return f.token.Get() != token }

func readToken(path string) (string, error) {
	b, err := reload.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("the file can't be read: %w", err)
	}
	token := string(bytes.TrimSpace(b))
	if err := check(token); err != nil {
		return "", fmt.Errorf("in %s %w", path, err) // which is a path: it could be read
	}
	return token, nil
}
