package acl

import (
	"regexp"
	"strings"
)

// Admin is how somebody who may change ACLs reaches the cluster, and as whom the ACLs
// know this client.
type Admin struct {
	Server    string // "host:port"; empty: a placeholder stands for it
	Secure    bool   // with TLS or SASL
	Principal string // "User:…"; empty: a placeholder stands for it
}

// Command is a command of Kafka's that can be pasted into a shell.
func (a Admin) Command(tool string, arguments ...string) string {
	server := a.Server
	if server == "" {
		server = "HOST:PORT"
	}
	words := []string{tool, "--bootstrap-server", server}
	if a.Secure {
		words = append(words, "--command-config", "admin.properties")
	}
	words = append(words, arguments...)
	for i, w := range words {
		words[i] = quote(w)
	}
	line := strings.Join(words, " ")
	if a.Secure {
		line += " # admin.properties: the TLS and SASL settings of somebody who may"
	}
	return line
}

// Grant is the command that grants rights.
func (a Admin) Grant(r Right) string {
	principal := a.Principal
	if principal == "" {
		principal = "User:NAME"
	}
	arguments := []string{"--add", "--allow-principal", principal, "--operation", r.Operation}
	if len(r.Names) == 0 {
		arguments = append(arguments, "--"+r.Resource)
	}
	for _, name := range r.some() {
		arguments = append(arguments, "--"+r.Resource, name)
	}
	return a.Command("kafka-acls.sh", arguments...)
}

// harmless is what shells leave alone.
var harmless = regexp.MustCompile(`^[A-Za-z0-9_.,:/@%+=-]+$`)

func quote(word string) string {
	if harmless.MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
