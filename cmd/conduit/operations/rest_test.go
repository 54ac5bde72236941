package operations

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
	"github.com/conduitio/conduit-connector-kafka/test/expect"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

const walkThrough = "../../../examples/rest.sh"

func TestTheRESTWalkThrough(t *testing.T) {
	if testing.Short() {
		t.Skip("runs Conduit, which takes long to build")
	}
	is := is.New(t)
	c := embedded.Start(t, kfake.NumBrokers(1), kfake.SeedTopics(1, "orders"))
	cl, err := kclient.New(c.ListenAddrs())
	is.NoErr(err)
	defer cl.Close()
	is.NoErr(cl.Produce(t.Context(), &kgo.Record{Topic: "orders", Value: []byte("first")}))

	h := start(t, t.TempDir(), "version: 2.2\n")
	script := exec.CommandContext(t.Context(), "sh", "-c", `exec sh "$0"`, walkThrough)
	script.Env = append(os.Environ(), "CONDUIT="+h.url(), "KAFKA_SERVERS="+c.ListenAddrs()[0], "OUTPUT="+filepath.Join(h.dir, "orders.jsonl"))
	out, err := script.CombinedOutput()
	t.Log(string(out))
	is.NoErr(err)
	is.Equal(h.values("orders.jsonl"), []string{"first"})
	for _, want := range []string{
		"(?s)== validate\n{}\n== create",
		`"status":"STATUS_RUNNING"`,
		`"sourceState":{"position":"[^"]+"`,
		`(?m)^conduit_kafka_records_total\{connector="[^"]+",type="source"\} 1$`,
		`(?m)^conduit_kafka_lag_records\{connector="[^"]+",partition="0",topic="orders",type="source"\} \d+$`,
		"(?s)== delete\n{}\n{}\n{}\n$",
	} {
		is.True(regexp.MustCompile(want).Match(out))
	}
	is.True(!strings.Contains(h.metrics(""), "conduit_kafka_")) // they went with the connector
	committed, err := cl.Committed(t.Context(), "rest", "orders")
	is.NoErr(err)
	is.Equal(committed, map[int32]int64{0: 1})
	h.stop()
}

func TestTheDocumentationShowsTheRESTWalkThrough(t *testing.T) {
	is := is.New(t)
	script, err := os.ReadFile(walkThrough)
	is.NoErr(err)
	docs, err := os.ReadFile("../../../docs/operations.md")
	is.NoErr(err)
	expect.Text(t, string(docs), "```sh\n"+string(script)+"```\n")
}
