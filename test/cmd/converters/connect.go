package main

import (
	"context"
	_ "embed" // pom.xml and Converters.java
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/conduitio/conduit-connector-kafka/test/broker"
)

var (
	//go:embed pom.xml
	pom []byte
	//go:embed Converters.java
	program []byte
)

// connectConverters are Kafka Connect's side.
func connectConverters(ctx context.Context, registry string) ([]contender, error) {
	jars, err := broker.FetchJars(ctx, "converters", pom)
	if err != nil {
		return nil, err
	}
	converter := func(name, class string, config ...string) contender {
		return contender{name, func(ctx context.Context, d time.Duration) (rate, error) {
			return runConverter(ctx, jars, d, class, config...)
		}}
	}
	return []contender{
		converter("connect-json, JsonConverter", "org.apache.kafka.connect.json.JsonConverter", "schemas.enable=true"),
		converter("avro, Apicurio's AvroConverter", "io.apicurio.registry.utils.converter.AvroConverter",
			"apicurio.registry.url=http://"+registry+"/apis/registry/v2", "apicurio.registry.auto-register=true",
			"apicurio.registry.as-confluent=true", "apicurio.registry.headers.enabled=false"),
	}, nil
}

// runConverter runs Converters.java in a JVM of one processor.
func runConverter(ctx context.Context, jars string, d time.Duration, class string, config ...string) (r rate, err error) {
	dir, err := os.MkdirTemp("", "converters-")
	if err != nil {
		return r, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "Converters.java")
	if err := os.WriteFile(file, program, 0o600); err != nil {
		return r, err
	}
	arguments := []string{"-XX:ActiveProcessorCount=1", "-cp", filepath.Join(jars, "*"), file, class, fmt.Sprint(d.Seconds())}
	cmd := exec.CommandContext(ctx, "java", append(arguments, config...)...)
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		return r, fmt.Errorf("%w: %s", err, errs.String())
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	var size int
	_, err = fmt.Sscan(lines[len(lines)-1], &r.decode, &r.encode, &size)
	return r, err
}
