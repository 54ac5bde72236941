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
		"broker.rack": "rack-" + strconv.Itoa(id),
		"log.dirs":    at.data,

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
		// Records without a timestamp are of 1970: half a minute after its start a broker
		// would begin to delete them.
		"log.retention.ms": "-1",
	}
	maps.Copy(p, quorumProperties(id, l, o.release()))
	maps.Copy(p, listenerProperties(id, l, o, at))
	maps.Copy(p, securityProperties(o.release(), at))
	maps.Copy(p, o.Properties)

	var b strings.Builder
	for _, k := range slices.Sorted(maps.Keys(p)) {
		fmt.Fprintf(&b, "%s=%s\n", k, p[k])
	}
	return b.String()
}

// quorumProperties say where the cluster's own state is kept. A killed node is known to
// be dead, and may come back, only after the time that is set here.
func quorumProperties(id int, l layout, r release) map[string]string {
	const dead = "4000"
	if !r.kraft() {
		return map[string]string{
			"broker.id":                       strconv.Itoa(id),
			"zookeeper.connect":               l.zookeeperAddr(),
			"zookeeper.connection.timeout.ms": "60000", // it is started a moment before
			"zookeeper.session.timeout.ms":    dead,
		}
	}
	return map[string]string{
		"node.id":                   strconv.Itoa(id),
		"process.roles":             "broker,controller",
		"controller.quorum.voters":  voters(l),
		"controller.listener.names": "CONTROLLER",
		"broker.session.timeout.ms": dead,
	}
}

func voters(l layout) string {
	ids := make([]string, l.Nodes)
	for i := range ids {
		ids[i] = fmt.Sprintf("%d@%s", i+1, l.addr(i+1, controller))
	}
	return strings.Join(ids, ",")
}

// listenerNames are those of the listeners, in the order of their ports, "" for one that
// a release doesn't have.
func listenerNames(r release) []string {
	names := []string{"PLAINTEXT", "SSL", "SASL_SSL", "SASL_PLAINTEXT", "DIRECT", "CONTROLLER"}
	if !r.tls() {
		names[ssl], names[saslSSL] = "", ""
	}
	if !r.kraft() {
		names[controller] = ""
	}
	return names
}

func listenerProperties(id int, l layout, o Options, at paths) map[string]string {
	var bound, told, protocols []string
	for i, name := range listenerNames(o.release()) {
		if name == "" {
			continue
		}
		bound = append(bound, fmt.Sprintf("%s://%s:%d", name, at.bind, l.port(id, i)))
		told = append(told, name+"://"+l.addr(id, o.advertised(i)))
		protocol := name
		if i == direct || i == controller {
			protocol = "PLAINTEXT"
		}
		protocols = append(protocols, name+":"+protocol)
	}
	return map[string]string{
		"listeners":                      strings.Join(bound, ","),
		"advertised.listeners":           strings.Join(told, ","),
		"listener.security.protocol.map": strings.Join(protocols, ","),
		"inter.broker.listener.name":     "DIRECT",
	}
}

func securityProperties(r release, at paths) map[string]string {
	p := map[string]string{"sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER"}
	if r.tls() {
		maps.Copy(p, map[string]string{
			"ssl.keystore.type":                      "PEM",
			"ssl.keystore.location":                  path.Join(at.certs, "server.pem"),
			"ssl.truststore.type":                    "PEM",
			"ssl.truststore.location":                path.Join(at.certs, "ca.pem"),
			"listener.name.ssl.ssl.client.auth":      "required",
			"listener.name.sasl_ssl.ssl.client.auth": "none",
		})
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
