package conduit_test

import (
	"strings"
	"testing"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/test/conduit"
)

func TestRunAsACommand(t *testing.T) {
	for want, r := range map[string]conduit.Run{
		"c run --pipelines.path=p --log.format=json --db.type=inmemory --api.enabled=false --pipelines.exit-on-degraded more": {Executable: "c", Pipelines: "p"},
		"c run --pipelines.path=p --log.format=json --db.type=badger --db.badger.path=d --connectors.path=x --processors.path=y " +
			"--api.http.address=127.0.0.1:0 --api.grpc.address=127.0.0.1:0 --preview.pipeline-arch-v2 more": {
			Executable: "c", Pipelines: "p", DB: "d", Connectors: "x", Processors: "y", API: true, KeepRunning: true, V2: true,
		},
	} {
		is.New(t).Equal(strings.Join(r.Command("more").Args, " "), want)
	}
}
