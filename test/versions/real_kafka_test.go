package versions_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/test/broker"
)

// versionsEnv is the environment variable that lists the versions of Kafka to test.
const versionsEnv = "KAFKA_TEST_VERSIONS"

// TestVersions_of_real_Kafka starts one after the other, and prints what passed as the
// table of docs/compatibility.md.
func TestVersions_of_real_Kafka(t *testing.T) {
	versions := strings.Fields(os.Getenv(versionsEnv))
	if len(versions) == 0 {
		t.Skip("runs with make test-versions")
	}
	table, times := heading(), ""
	for _, version := range versions {
		var passed []bool
		start := time.Now()
		t.Run(version, func(t *testing.T) {
			c, login := startVersion(t, version)
			for _, s := range scenarios {
				passed = append(passed, t.Run(s.name, func(t *testing.T) { s.run(t, c, login) }))
			}
		})
		table += row(version, passed)
		times += fmt.Sprintf("%s took %s.\n", version, time.Since(start).Round(time.Second))
	}
	fmt.Printf("\n%s\n%s", table, times)
}

// scenarios are the columns of the table.
var scenarios = []struct {
	name string
	run  func(t *testing.T, c cluster, login []string)
}{
	{"round trip", func(t *testing.T, c cluster, _ []string) { roundTrip(t, c) }},
	{"group", func(t *testing.T, c cluster, _ []string) { group(t, c) }},
	{"mixed group", func(t *testing.T, c cluster, _ []string) { mixed(t, c) }},
	{"transactions", func(t *testing.T, c cluster, _ []string) { transactions(t, c) }},
	{"restarts", func(t *testing.T, c cluster, _ []string) { restarts(t, c) }},
	{"ACL errors", aclErrors},
}

// startVersion starts a node, and returns the listeners that ask for a login apart.
func startVersion(t *testing.T, version string) (c cluster, login []string) {
	t.Helper()
	is := is.New(t)
	acls, err := broker.ACLs(version)
	is.NoErr(err)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute) // Maven may have to fetch it
	defer cancel()
	started, err := broker.Start(ctx, broker.Options{Version: version, Properties: acls})
	is.NoErr(err)
	t.Cleanup(func() { is.NoErr(started.Stop()) })
	c = newCluster(t, started.Servers())
	c.records = 20_000
	c.idempotentWrite = strings.HasPrefix(version, "2.") && version < "2.8"
	return c, started.SASLPlaintext()
}
