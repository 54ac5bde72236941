package acl

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/matryer/is"
)

func TestCommandsCanBePasted(t *testing.T) {
	is := is.New(t)
	a := Admin{Server: "b-1:9092", Principal: "User:CN=al'ice,O=a b"}
	is.Equal(a.Command("kafka-topics.sh", "--create", "--topic", "orders.v1"), "kafka-topics.sh --bootstrap-server b-1:9092 --create --topic orders.v1")
	is.Equal(Admin{}.Command("kafka-topics.sh"), "kafka-topics.sh --bootstrap-server HOST:PORT")
	is.Equal(Admin{}.Grant(OnCluster("IdempotentWrite")), "kafka-acls.sh --bootstrap-server HOST:PORT --add --allow-principal User:NAME --operation IdempotentWrite --cluster")

	a.Secure = true
	line, ok := strings.CutPrefix(a.Grant(OnGroup("a $group")), "kafka-acls.sh ")
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
