package operations

import (
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

const planted = "opensesame"

// secretive reads with a password that is given by a setting. Nobody listens there.
const secretive = `version: 2.2
pipelines:
  - id: secretive
    status: running
    connectors:
      - {id: from, type: source, plugin: builtin:kafka, settings: {servers: "%s", topics: t, saslUsername: u, %s: "%s", dialTimeout: 1s}}
      - {id: to, type: destination, plugin: builtin:file, settings: {path: records.jsonl}}
`

// What Conduit knows of settings its API tells, and its database keeps. Of a secret in a
// file it knows the path.
func TestSecretsInFilesAreNotInConduitsAPI(t *testing.T) {
	if testing.Short() {
		t.Skip("runs Conduit, which takes long to build")
	}
	is := is.New(t)
	file := filepath.Join(t.TempDir(), "password")
	is.NoErr(os.WriteFile(file, []byte(planted), 0o600))
	for setting, c := range map[string]struct {
		value string
		told  bool
	}{
		"saslPassword":     {planted, true}, // as docs/security.md warns
		"saslPasswordFile": {file, false},
	} {
		t.Run(setting, func(t *testing.T) {
			is := is.New(t)
			h := start(t, t.TempDir(), fmt.Sprintf(secretive, "127.0.0.1:1", setting, c.value))
			var told strings.Builder
			get := func(path string) string {
				res, err := http.Get(h.url() + path)
				is.NoErr(err)
				defer res.Body.Close()
				is.Equal(res.StatusCode, http.StatusOK)
				text, err := io.ReadAll(res.Body)
				is.NoErr(err)
				told.Write(text)
				return string(text)
			}
			await(t, "error of the connector", func() bool { return strings.Contains(h.log.String(), "connect to servers") })
			expect.Text(t, get("/v1/connectors"), setting)
			get("/v1/connectors/secretive:from")
			get("/v1/pipelines")
			get("/v1/pipelines/secretive")
			get("/metrics")
			h.stop()
			is.Equal(strings.Contains(told.String(), planted), c.told)
			is.True(!strings.Contains(h.log.String(), planted)) // the log has it in neither case
			kept := false
			is.NoErr(filepath.WalkDir(filepath.Join(h.dir, "conduit.db"), func(p string, d fs.DirEntry, err error) error {
				if err != nil || d.IsDir() {
					return err
				}
				text, err := os.ReadFile(p)
				kept = kept || strings.Contains(string(text), planted)
				return err
			}))
			is.Equal(kept, c.told)
		})
	}
}
