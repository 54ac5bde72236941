package pipeline

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/conduitio/conduit-connector-kafka/test/broker"
)

//go:embed pom.xml
var pom []byte

// Mirror is a standalone worker of Kafka Connect with a MirrorSourceConnector,
// as it comes: what its connect-standalone.sh gives Java, and no setting for or
// against throughput. Only the compression is that of Conduit's connector.
type Mirror struct {
	Jars  string // directory
	Tasks int
}

// FetchMirror returns one with the jars that Maven fetches.
func FetchMirror(ctx context.Context, tasks int) (Mirror, error) {
	if _, err := exec.LookPath("java"); err != nil {
		return Mirror{}, errors.New("fetch Kafka Connect: Java is not installed")
	}
	jars, err := broker.FetchJars(ctx, "connect", pom)
	return Mirror{Jars: jars, Tasks: tasks}, err
}

// alias is the name of the cluster that is read; topics are copied to topics
// with it in front. Each run has its own, that of the topic that it was given.
func (m Mirror) alias(job Job) string { return "from-" + job.To }

// Target implements [System].
func (m Mirror) Target(job Job) string { return m.alias(job) + "." + job.From }

// Command implements [System].
func (m Mirror) Command(job Job) (*exec.Cmd, error) {
	files := map[string]string{
		"worker.properties": properties(map[string]string{
			"bootstrap.servers":            strings.Join(job.Servers, ","),
			"key.converter":                "org.apache.kafka.connect.converters.ByteArrayConverter",
			"value.converter":              "org.apache.kafka.connect.converters.ByteArrayConverter",
			"offset.storage.file.filename": filepath.Join(job.Dir, "offsets"),
			"listeners":                    "http://127.0.0.1:0",
			"plugin.discovery":             "service_load",
			"producer.compression.type":    "snappy",
		}),
		"mirror.properties": properties(m.settings(job)),
		"log4j2.properties": logProperties,
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(job.Dir, name), []byte(text), 0o644); err != nil {
			return nil, fmt.Errorf("write configuration of Kafka Connect: %w", err)
		}
	}
	cmd := exec.Command("java", "-Xms256M", "-Xmx2G", "-server", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20",
		"-XX:InitiatingHeapOccupancyPercent=35", "-XX:+ExplicitGCInvokesConcurrent", "-XX:MaxInlineLevel=15",
		"-Dlog4j2.configurationFile=file:"+filepath.Join(job.Dir, "log4j2.properties"),
		"-cp", filepath.Join(m.Jars, "*"), "org.apache.kafka.connect.cli.ConnectStandalone",
		filepath.Join(job.Dir, "worker.properties"), filepath.Join(job.Dir, "mirror.properties"))
	return cmd, nil
}

// settings are the connector's.
func (m Mirror) settings(job Job) map[string]string {
	servers, factor := strings.Join(job.Servers, ","), strconv.Itoa(job.Brokers)
	return map[string]string{
		"name":                                  "mirror",
		"connector.class":                       "org.apache.kafka.connect.mirror.MirrorSourceConnector",
		"tasks.max":                             strconv.Itoa(m.Tasks),
		"source.cluster.alias":                  m.alias(job),
		"target.cluster.alias":                  "to",
		"source.cluster.bootstrap.servers":      servers,
		"target.cluster.bootstrap.servers":      servers,
		"topics":                                job.From,
		"replication.factor":                    factor,
		"offset-syncs.topic.replication.factor": factor,
		"sync.topic.acls.enabled":               "false", // the cluster has none
	}
}

// properties is a Java properties file.
func properties(settings map[string]string) string {
	var b strings.Builder
	for _, k := range slices.Sorted(maps.Keys(settings)) {
		fmt.Fprintf(&b, "%s=%s\n", k, settings[k])
	}
	return b.String()
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
