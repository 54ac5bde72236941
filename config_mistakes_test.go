package kafka

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/test/certs"
	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

// clientPair is a client certificate with its key, both PEM.
func clientPair(t *testing.T) (cert, key string) {
	t.Helper()
	is := is.New(t)
	ca, err := certs.New("unit tests")
	is.NoErr(err)
	pair, err := ca.Client("client")
	is.NoErr(err)
	return string(pair.Cert), string(pair.Key)
}

// file writes a file and returns its path.
func file(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	is.New(t).NoErr(os.WriteFile(path, []byte(content), 0o600))
	return path
}

const notACertificate = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"

func TestMistakesInSharedSettings(t *testing.T) {
	_, key := clientPair(t)
	tests := map[string]struct {
		given map[string]string
		want  []complaint
	}{
		"no servers":                        {map[string]string{"servers": ""}, []complaint{{"servers", "at least one bootstrap server is required, as host:port"}}},
		"only commas":                       {map[string]string{"servers": " , ,"}, []complaint{{"servers", "at least one"}}},
		"no port":                           {map[string]string{"servers": "localhost"}, []complaint{{"servers", `"localhost" is not host:port`}}},
		"no host":                           {map[string]string{"servers": ":9092"}, []complaint{{"servers", `":9092" is not host:port`}}},
		"port 0":                            {map[string]string{"servers": "a:0"}, []complaint{{"servers", "a port of 1 to 65535"}}},
		"port too high":                     {map[string]string{"servers": "a:65536"}, []complaint{{"servers", "a port of 1 to 65535"}}},
		"negative port":                     {map[string]string{"servers": "a:-1"}, []complaint{{"servers", "a port of 1 to 65535"}}},
		"port's name":                       {map[string]string{"servers": "a:kafka"}, []complaint{{"servers", "a port of 1 to 65535"}}},
		"a URL":                             {map[string]string{"servers": "kafka://a:1"}, []complaint{{"servers", `"kafka://a:1" is not host:port`}}},
		"a long client ID":                  {map[string]string{"clientID": strings.Repeat("x", 1<<15)}, []complaint{{"clientID", "it has 32768 bytes, up to 32767 are allowed"}}},
		"a login in a server":               {map[string]string{"servers": "user:opensesame@a:1"}, []complaint{{"servers", `…"@a:1", without what stands before the @, is not host:port`}}},
		"a connection string":               {map[string]string{"servers": "Endpoint=sb://a/;SharedAccessKey=opensesame"}, []complaint{{"servers", "a text with = or ; in it is not host:port"}}},
		"IPv6, no brackets":                 {map[string]string{"servers": "::1:9092"}, []complaint{{"servers", "is not host:port"}}},
		"two bad of four":                   {map[string]string{"servers": "a:1,b,[::1]:65535,c:x"}, []complaint{{"servers", `"b"`}, {"servers", `"c:x"`}}},
		"no dial timeout":                   {map[string]string{"dialTimeout": "0s"}, []complaint{{"dialTimeout", "0s is not allowed: 1ms to 24h"}}},
		"negative timeouts":                 {map[string]string{"dialTimeout": "-1s", "requestTimeout": "-1s"}, []complaint{{"dialTimeout", "-1s"}, {"requestTimeout", "-1s"}}},
		"short timeout":                     {map[string]string{"requestTimeout": "999us"}, []complaint{{"requestTimeout", "999µs is not allowed: 1ms to 24h"}}},
		"long timeout":                      {map[string]string{"requestTimeout": "24h1ns"}, []complaint{{"requestTimeout", "1ms to 24h"}}},
		"metrics' address without a port":   {map[string]string{"metricsAddress": "localhost"}, []complaint{{"metricsAddress", `"localhost" is not host:port`}}},
		"metrics' address with a high port": {map[string]string{"metricsAddress": ":65536"}, []complaint{{"metricsAddress", "a port of 1 to 65535"}}},
		"an address and no metrics":         {map[string]string{"metricsAddress": ":9404", "metrics": "false"}, []complaint{{"metricsAddress", "while metrics is off"}}},
		"all at once": {
			map[string]string{"servers": "a", "clientKey": key, "caCert": "x", "saslMechanism": "plain"},
			[]complaint{{"servers", `"a"`}, {"clientCert", "without"}, {"caCert", "PEM"}, {"saslMechanism", "it is written PLAIN"}},
		},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) { expectSharedComplaints(t, c.given, c.want) })
	}
}

// expectSharedComplaints wants them of each way to read the settings.
func expectSharedComplaints(t *testing.T, given map[string]string, want []complaint) {
	for by, parse := range parsers {
		t.Run(by, func(t *testing.T) {
			_, err := parse(given)
			expectComplaints(t, err, want...)
		})
	}
}

func TestMistakesInASource(t *testing.T) {
	tests := map[string]struct {
		given map[string]string
		want  []complaint
	}{
		"no topics":      {map[string]string{"topics": ""}, []complaint{{"topics", "at least one topic is required"}}},
		"only commas":    {map[string]string{"topics": " ,,", "topic": ","}, []complaint{{"topics", "at least one topic is required"}}},
		"topic as well":  {map[string]string{"topic": "payments"}, []complaint{{"topic", "alias of topics: give one of the two"}}},
		"bad names":      {map[string]string{"topics": "a b,good,ü,.."}, []complaint{{"topics", `"a b"`}, {"topics", `"ü"`}, {"topics", `".."`}}},
		"a long group":   {map[string]string{"groupID": strings.Repeat("x", 1<<15)}, []complaint{{"groupID", "it has 32768 bytes, up to 32767 are allowed"}}},
		"a long name":    {map[string]string{"topics": strings.Repeat("x", 250)}, []complaint{{"topics", "250 characters, up to 249 are allowed"}}},
		"negative size":  {map[string]string{"commitOffsetsSize": "-1"}, []complaint{{"commitOffsetsSize", "-1 is not allowed: 0 or more"}}},
		"negative delay": {map[string]string{"commitOffsetsDelay": "-1ns"}, []complaint{{"commitOffsetsDelay", "-1ns is not allowed"}}},
		"unknown reset":  {map[string]string{"autoOffsetReset": "none"}, []complaint{{"autoOffsetReset", `"none" is unknown: earliest, latest or error`}}},
		"start nowhere": {
			map[string]string{"startAt": "yesterday"},
			[]complaint{{"startAt", `"yesterday" is none of earliest, latest, a time (RFC 3339) and a list of topic:partition:offset`}},
		},
		"start twice":                 {map[string]string{"startAt": "earliest,latest"}, []complaint{{"startAt", `"earliest" is none of`}, {"startAt", `"latest" is none of`}}},
		"start before there was time": {map[string]string{"startAt": "1969-12-31T23:59:59.999Z"}, []complaint{{"startAt", "Kafka's times begin with 1970"}}},
		"start at no number": {
			map[string]string{"startAt": "orders:x:1,orders:0:-1,orders:99999999999:1,orders:0:1e3,orders:7"},
			[]complaint{
				{"startAt", `"orders:x:1": the partition must be a number`}, {"startAt", `"orders:0:-1": the offset must be`},
				{"startAt", `"orders:99999999999:1": the partition`}, {"startAt", `"orders:0:1e3": the offset`}, {"startAt", `"orders:7" is none of`},
			},
		},
		"start twice in one partition": {map[string]string{"startAt": "orders:0:1,orders:0:2"}, []complaint{{"startAt", `"orders:0:2": an offset of this partition is already given`}}},
		"start in another topic":       {map[string]string{"startAt": "payments:0:1"}, []complaint{{"startAt", `"payments" is not among the topics to read`}}},
		"start at both ends":           {map[string]string{"startAt": "latest", "readFromBeginning": "true"}, []complaint{{"startAt", "latest contradicts readFromBeginning"}}},
		"start at a time and before":   {map[string]string{"startAt": "2026-01-31T08:00:00Z", "readFromBeginning": "true"}, []complaint{{"startAt", "contradicts readFromBeginning"}}},
		"no expressions": {
			map[string]string{"topics": "", "topicsRegex": "a(", "topicsExclude": "[z-a]"},
			[]complaint{{"topicsRegex", "it is not a Go regular expression"}, {"topicsExclude", "it is not a Go regular expression"}},
		},
		"nothing to exclude from":       {map[string]string{"topicsExclude": "a"}, []complaint{{"topicsExclude", "topicsRegex, which is not given"}}},
		"an expression that ends early": {map[string]string{"topicsRegex": "a)|(b"}, []complaint{{"topicsRegex", "not a Go regular expression"}}},
		"no instance ID":                {map[string]string{"groupInstanceID": "a b"}, []complaint{{"groupInstanceID", `"a b" has characters`}}},
		"no balancer":                   {map[string]string{"groupBalancer": ","}, []complaint{{"groupBalancer", "at least one is required of cooperative-sticky, range, roundrobin, sticky"}}},
		"wrong decoding": {
			map[string]string{"key.decode": "xml", "value.decode": "JSON", "decode.onError": "skip"},
			[]complaint{{"key.decode", `"xml" is not allowed: none, json`}, {"value.decode", "it is written json"}, {"decode.onError", "fail or raw"}},
		},
		"avro without a registry": {map[string]string{"value.decode": "avro"}, []complaint{{"schemaRegistry.urls", "it is required with value.decode avro"}}},
		"a registry's settings without it": {
			map[string]string{"schemaRegistry.username": "u", "schemaRegistry.password": "opensesame"},
			[]complaint{{"schemaRegistry.username", "schemaRegistry.urls is not given"}, {"schemaRegistry.password", "schemaRegistry.urls is not given"}},
		},
		"wrong URLs of registries": {
			map[string]string{"schemaRegistry.urls": "registry:8081,ftp://a,http://u:opensesame@b,http://c?x=1,http://d/apis/ccompat/v7"},
			[]complaint{
				{"schemaRegistry.urls", "not an http or https URL"}, {"schemaRegistry.urls", "not an http or https URL"},
				{"schemaRegistry.urls", "a user in a URL is not used"}, {"schemaRegistry.urls", "has a query"},
			},
		},
		"two logins to a registry": {
			map[string]string{"schemaRegistry.urls": "http://a", "schemaRegistry.username": "u", "schemaRegistry.password": "p", "schemaRegistry.token": "t"},
			[]complaint{{"schemaRegistry.token", "give one of the two logins"}},
		},
		"half a login to a registry": {
			map[string]string{"schemaRegistry.urls": "http://a", "schemaRegistry.username": "u"},
			[]complaint{{"schemaRegistry.password", "it is required with schemaRegistry.username"}},
		},
		"another half": {
			map[string]string{"schemaRegistry.urls": "http://a", "schemaRegistry.passwordFile": file(t, "p")},
			[]complaint{{"schemaRegistry.username", "it is required with schemaRegistry.passwordFile"}},
		},
		"files for a registry that can't be read": {
			map[string]string{"schemaRegistry.urls": "http://a", "schemaRegistry.tokenFile": "/nowhere/token", "schemaRegistry.caCertFile": "/nowhere/ca.pem"},
			[]complaint{{"schemaRegistry.tokenFile", "can't be read"}, {"schemaRegistry.caCertFile", "can't be read"}},
		},
		"no authority of a registry": {
			map[string]string{"schemaRegistry.urls": "http://a", "schemaRegistry.caCert": notACertificate},
			[]complaint{{"schemaRegistry.caCert", ""}},
		},
		"no protocol": {map[string]string{"groupProtocol": "server"}, []complaint{{"groupProtocol", `"server" is unknown: classic, consumer`}}},
		"what the coordinator decides": {
			map[string]string{"groupProtocol": "consumer", "sessionTimeout": "10s", "heartbeatInterval": "1s", "groupBalancer": "range"},
			[]complaint{
				{"sessionTimeout", "the brokers' group.consumer.session.timeout.ms takes its place"},
				{"heartbeatInterval", "the brokers' group.consumer.heartbeat.interval.ms takes its place"},
				{"groupBalancer", "groupRemoteAssignor takes its place"},
			},
		},
		"an assignor of the brokers": {map[string]string{"groupRemoteAssignor": "uniform"}, []complaint{{"groupRemoteAssignor", "for groupProtocol consumer"}}},
		"wrong balancers": {
			map[string]string{"groupBalancer": "range,uniform,range"},
			[]complaint{{"groupBalancer", `"uniform" is unknown: cooperative-sticky, range, roundrobin, sticky`}, {"groupBalancer", `"range" is named twice`}},
		},
		"no times": {
			map[string]string{"sessionTimeout": "0s", "heartbeatInterval": "-1s", "rebalanceTimeout": "600h", "fetchMaxWait": "0s"},
			[]complaint{{"sessionTimeout", "0s is not allowed: 1ms to"}, {"heartbeatInterval", "-1s is not allowed: 1ms to"}, {"rebalanceTimeout", "600h0m0s"}, {"fetchMaxWait", "0s is not allowed: 1ms to 1m0s"}},
		},
		"a slow heart": {
			map[string]string{"sessionTimeout": "10s", "heartbeatInterval": "10s", "rebalanceTimeout": "5s"},
			[]complaint{{"heartbeatInterval", "less than sessionTimeout, which is 10s"}, {"heartbeatInterval", "less than rebalanceTimeout, which is 5s"}},
		},
		"isolation level": {map[string]string{"isolationLevel": "serializable"}, []complaint{{"isolationLevel", `"serializable" is unknown: read_committed or read_uncommitted`}}},
		"no bytes": {
			map[string]string{"fetchMinBytes": "0", "fetchMaxBytes": "1000000000", "fetchMaxPartitionBytes": "-1"},
			[]complaint{{"fetchMinBytes", "0 is not allowed: 1 to"}, {"fetchMaxBytes", "1000000000"}, {"fetchMaxPartitionBytes", "-1"}},
		},
		"more than all": {
			map[string]string{"fetchMinBytes": "1001", "fetchMaxBytes": "1000"},
			[]complaint{{"fetchMinBytes", "up to fetchMaxBytes, which is 1000"}},
		},
		"a long rack":       {map[string]string{"rackID": strings.Repeat("x", 1<<15)}, []complaint{{"rackID", "32768 bytes, up to 32767"}}},
		"nothing in flight": {map[string]string{"maxUncommitted": "0"}, []complaint{{"maxUncommitted", "0 is not allowed: 1 or more"}}},
		"half a batch": {
			map[string]string{"maxUncommitted": "100", "sdk.batch.size": "101"},
			[]complaint{{"maxUncommitted", "at least sdk.batch.size, which is 101"}},
		},
		"both and a name": {map[string]string{"topic": "a b"}, []complaint{{"topic", "give one"}, {"topic", `"a b"`}}},
		"all at once": {
			map[string]string{"servers": "", "topics": "", "commitOffsetsSize": "-5", "commitOffsetsDelay": "-5s", "saslUsername": "u"},
			[]complaint{{"servers", "required"}, {"topics", "required"}, {"commitOffsetsSize", "-5"}, {"commitOffsetsDelay", "-5s"}, {"saslPassword", "required"}},
		},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := ParseSource(changed(goodSource, c.given))
			expectComplaints(t, err, c.want...)
		})
	}
}

// Conduit puts nothing in the place of a variable that is not set.
func TestARequiredSettingThatIsMissingMayComeFromAVariable(t *testing.T) {
	const says = "(in a pipeline file, a variable that is not set leaves it empty)"
	for missing, given := range map[string]map[string]string{
		"servers":                            {"topics": "t"},
		"topics":                             {"servers": "a:1"},
		"saslMechanism":                      {"servers": "a:1", "topics": "t", "securityProtocol": "SASL_SSL"},
		"saslUsername":                       {"servers": "a:1", "topics": "t", "saslPassword": "p"},
		"saslPassword":                       {"servers": "a:1", "topics": "t", "saslUsername": "u"},
		"oauth.tokenURL":                     {"servers": "a:1", "topics": "t", "saslMechanism": "OAUTHBEARER"},
		"oauth.clientSecret, oauth.clientID": {"servers": "a:1", "topics": "t", "saslMechanism": "OAUTHBEARER", "oauth.tokenURL": "https://a/b"},
		"aws.region":                         {"servers": "a:1", "topics": "t", "tls.enabled": "true", "saslMechanism": "AWS_MSK_IAM"},
		"aws.secretAccessKey":                {"servers": "a:1", "topics": "t", "tls.enabled": "true", "saslMechanism": "AWS_MSK_IAM", "aws.region": "eu-central-1", "aws.accessKeyID": "id"},
	} {
		t.Run(missing, func(t *testing.T) {
			is := is.New(t)
			_, err := ParseSource(given)
			is.True(err != nil)
			lines := strings.Split(err.Error(), "\n")
			names := strings.Split(missing, ", ")
			is.Equal(len(lines), len(names))
			for i, line := range lines {
				t.Log(line)
				expect.Text(t, line, names[i]+": ")
				expect.Text(t, line, says)
			}
		})
	}
}
