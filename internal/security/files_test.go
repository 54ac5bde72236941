package security

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/test/certs"
)

// file writes a file and returns its path.
func file(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	overwrite(t, path, content)
	return path
}

func overwrite(t *testing.T, path, content string) {
	t.Helper()
	is.New(t).NoErr(os.WriteFile(path, []byte(content), 0o600))
}

// clientPair is a client certificate and its key, PEM.
func clientPair(t *testing.T) (cert, key string) {
	t.Helper()
	is := is.New(t)
	ca, err := certs.New("unit tests")
	is.NoErr(err)
	pair, err := ca.Client("client")
	is.NoErr(err)
	return string(pair.Cert), string(pair.Key)
}
