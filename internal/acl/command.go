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
	IAM       bool   // AWS policies decide, and not ACLs
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

// Grant is the command that grants rights, or says what a policy of AWS must allow.
func (a Admin) Grant(r Right) string {
	if a.IAM {
		return "allow its IAM identity " + strings.Join(actions[r.Operation+" "+r.Resource], " and ") + " there: ACLs do not count for it"
	}
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

// actions are what policies of Amazon MSK call rights.
var actions = map[string][]string{
	"Describe topic":          {"kafka-cluster:DescribeTopic"},
	"Alter topic":             {"kafka-cluster:DescribeTopic", "kafka-cluster:AlterTopic"},
	"AlterConfigs topic":      {"kafka-cluster:DescribeTopic", "kafka-cluster:DescribeTopicDynamicConfiguration", "kafka-cluster:AlterTopicDynamicConfiguration"},
	"DescribeConfigs topic":   {"kafka-cluster:DescribeTopic", "kafka-cluster:DescribeTopicDynamicConfiguration"},
	"Read topic":              {"kafka-cluster:DescribeTopic", "kafka-cluster:ReadData"},
	"Write topic":             {"kafka-cluster:DescribeTopic", "kafka-cluster:WriteData"},
	"Create topic":            {"kafka-cluster:CreateTopic"},
	"Describe group":          {"kafka-cluster:DescribeGroup"},
	"Read group":              {"kafka-cluster:DescribeGroup", "kafka-cluster:AlterGroup"},
	"Write transactional-id":  {"kafka-cluster:DescribeTransactionalId", "kafka-cluster:AlterTransactionalId"},
	"IdempotentWrite cluster": {"kafka-cluster:WriteDataIdempotently"},
}

// harmless is what shells leave alone.
var harmless = regexp.MustCompile(`^[A-Za-z0-9_.,:/@%+=-]+$`)

func quote(word string) string {
	if harmless.MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
