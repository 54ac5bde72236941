package check

import (
	"crypto/tls"
	"os/exec"
	"strings"
	"testing"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/internal/wire"
)

func TestCommandsCanBePasted(t *testing.T) {
	is := is.New(t)
	r := &run{Plan: Plan{Servers: []string{"b-1:9092", "b-2:9092"}, Principal: "User:CN=al'ice,O=a b"}}
	is.Equal(r.command("kafka-topics.sh", "--create", "--topic", "orders.v1"), "kafka-topics.sh --bootstrap-server b-1:9092 --create --topic orders.v1")
	is.Equal((&run{}).command("kafka-topics.sh"), "kafka-topics.sh --bootstrap-server HOST:PORT")

	r.Connection = wire.Config{TLS: func() *tls.Config { return nil }}
	line, ok := strings.CutPrefix(r.allow("Read", "--group", "a $group"), "allow it: kafka-acls.sh ")
	is.True(ok)
	out, err := exec.Command("/bin/sh", "-c", `printf '%s\n' `+line).Output() // what the shell makes of it
	if err != nil {
		t.Skip("no shell: ", err)
	}
	is.Equal(strings.Split(strings.TrimSpace(string(out)), "\n"), []string{
		"--bootstrap-server", "b-1:9092", "--command-config", "admin.properties",
		"--add", "--allow-principal", "User:CN=al'ice,O=a b", "--operation", "Read", "--group", "a $group",
	})
}
