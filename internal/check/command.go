package check

import (
	"regexp"
	"strings"
)

// command is a command of Kafka's that can be pasted into a shell.
func (r *run) command(tool string, arguments ...string) string {
	server := "HOST:PORT"
	if len(r.Servers) > 0 {
		server = r.Servers[0]
	}
	words := []string{tool, "--bootstrap-server", server}
	if r.Connection.TLS != nil || r.Connection.SASL != nil {
		words = append(words, "--command-config", "admin.properties")
	}
	words = append(words, arguments...)
	for i, w := range words {
		words[i] = quote(w)
	}
	line := strings.Join(words, " ")
	if r.Connection.TLS != nil || r.Connection.SASL != nil {
		line += " # admin.properties: the TLS and SASL settings of somebody who may"
	}
	return line
}

// harmless is what shells leave alone.
var harmless = regexp.MustCompile(`^[A-Za-z0-9_.,:/@%+=-]+$`)

func quote(word string) string {
	if harmless.MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
