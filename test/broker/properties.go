package broker

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
)

// paths says where a node finds and keeps things, as the node itself sees it.
type paths struct {
	bind  string // address to listen on
	data  string // log.dirs
	certs string // directory of server.pem and ca.pem
}

// serverProperties is one node's server.properties.
func serverProperties(id int, l layout, o Options, at paths) string {
	p := map[string]string{
		"node.id":                  strconv.Itoa(id),
		"broker.rack":              "rack-" + strconv.Itoa(id),
		"process.roles":            "broker,controller",
		"controller.quorum.voters": voters(l),
		"log.dirs":                 at.data,

		"auto.create.topics.enable":                "true",
		"default.replication.factor":               strconv.Itoa(l.Nodes),
		"min.insync.replicas":                      strconv.Itoa((l.Nodes + 1) / 2),
		"offsets.topic.replication.factor":         strconv.Itoa(l.Nodes),
		"offsets.topic.num.partitions":             "5",
		"transaction.state.log.replication.factor": strconv.Itoa(l.Nodes),
		"transaction.state.log.min.isr":            strconv.Itoa((l.Nodes + 1) / 2),
		"transaction.state.log.num.partitions":     "5",
		"group.initial.rebalance.delay.ms":         "0",
		"group.min.session.timeout.ms":             "1000",

		// A killed node is known to be dead, and may come back, only after this.
		"broker.session.timeout.ms": "4000",
	}
	maps.Copy(p, listenerProperties(id, l, o, at))
	maps.Copy(p, securityProperties(at))
	maps.Copy(p, o.Properties)

	var b strings.Builder
	for _, k := range slices.Sorted(maps.Keys(p)) {
		fmt.Fprintf(&b, "%s=%s\n", k, p[k])
	}
	return b.String()
}

func voters(l layout) string {
	ids := make([]string, l.Nodes)
	for i := range ids {
		ids[i] = fmt.Sprintf("%d@%s", i+1, l.addr(i+1, controller))
	}
	return strings.Join(ids, ",")
}

func listenerProperties(id int, l layout, o Options, at paths) map[string]string {
	names := []string{"PLAINTEXT", "SSL", "SASL_SSL", "SASL_PLAINTEXT", "DIRECT", "CONTROLLER"}
	var bound, told []string
	for i, name := range names {
		bound = append(bound, fmt.Sprintf("%s://%s:%d", name, at.bind, l.port(id, i)))
		told = append(told, name+"://"+l.addr(id, o.advertised(i)))
	}
	return map[string]string{
		"listeners":            strings.Join(bound, ","),
		"advertised.listeners": strings.Join(told, ","),
		"listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_SSL:SASL_SSL," +
			"SASL_PLAINTEXT:SASL_PLAINTEXT,DIRECT:PLAINTEXT,CONTROLLER:PLAINTEXT",
		"inter.broker.listener.name": "DIRECT",
		"controller.listener.names":  "CONTROLLER",
	}
}

func securityProperties(at paths) map[string]string {
	p := map[string]string{
		"ssl.keystore.type":                      "PEM",
		"ssl.keystore.location":                  path.Join(at.certs, "server.pem"),
		"ssl.truststore.type":                    "PEM",
		"ssl.truststore.location":                path.Join(at.certs, "ca.pem"),
		"listener.name.ssl.ssl.client.auth":      "required",
		"listener.name.sasl_ssl.ssl.client.auth": "none",
		"sasl.enabled.mechanisms":                "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER",
	}
	const pkg = "org.apache.kafka.common.security."
	for _, listener := range []string{"sasl_ssl", "sasl_plaintext"} {
		for mechanism, module := range map[string]string{
			"plain":         pkg + "plain.PlainLoginModule required user_" + User + `="` + Password + `";`,
			"scram-sha-256": pkg + "scram.ScramLoginModule required;",
			"scram-sha-512": pkg + "scram.ScramLoginModule required;",
			"oauthbearer":   pkg + `oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="kafka";`,
		} {
			p["listener.name."+listener+"."+mechanism+".sasl.jaas.config"] = module
		}
	}
	return p
}

// logProperties sends warnings to standard output and nothing else anywhere.
const logProperties = `status=error
rootLogger.level=WARN
rootLogger.appenderRef.out.ref=out
appender.out.type=Console
appender.out.name=out
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=%d{HH:mm:ss.SSS} %p %c{1} %m%n
`
