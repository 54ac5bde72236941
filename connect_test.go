package kafka

import (
	"bytes"
	"strings"
	"testing"

	"github.com/matryer/is"
	"github.com/rs/zerolog"

	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

func TestWarningsAreLoggedOnceForACluster(t *testing.T) {
	is := is.New(t)
	t.Cleanup(warned.Clear)
	var log bytes.Buffer
	ctx := zerolog.New(&log).WithContext(t.Context())
	for _, servers := range [][]string{{"a:1", "b:1"}, {"b:1", "a:1"}, {"a:1", "b:1"}, {"c:1"}} {
		warnOnce(ctx, servers, []string{"not encrypted", "not verified"})
	}
	lines := strings.Split(strings.TrimSpace(log.String()), "\n")
	is.Equal(len(lines), 4)
	for i, want := range []string{`["a:1","b:1"],"message":"not encrypted"`, `["a:1","b:1"],"message":"not verified"`, `["c:1"],"message":"not encrypted"`, `["c:1"],"message":"not verified"`} {
		expect.Text(t, lines[i], want)
	}
}
