package broker

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
)

//go:embed pom.xml
var pom []byte

var javaVersion = regexp.MustCompile(`version "(\d+)`)

// haveJava says what is missing for running Kafka from its artifacts, or "".
func haveJava(ctx context.Context) string {
	out, err := exec.CommandContext(ctx, "java", "-version").CombinedOutput()
	if err != nil {
		return "Java is not installed"
	}
	m := javaVersion.FindSubmatch(out)
	if m == nil {
		return "java -version is not understood"
	}
	if v, _ := strconv.Atoi(string(m[1])); v < 17 {
		return fmt.Sprintf("Java is %s", m[1])
	}
	return ""
}

// fetchJars returns the directory of Kafka's jars, which Maven fills once per
// machine and version. Processes may race: one's directory wins, whole.
func fetchJars(ctx context.Context) (string, error) {
	cache := os.Getenv("KAFKA_TEST_CACHE")
	if cache == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("find cache directory: %w", err)
		}
		cache = filepath.Join(user, "conduit-connector-kafka")
	}
	jars := filepath.Join(cache, "kafka-"+Version)
	if _, err := os.Stat(jars); err == nil {
		return jars, nil
	}
	if _, err := exec.LookPath("mvn"); err != nil {
		return "", unavailable("Maven is not installed")
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", fmt.Errorf("fetch Kafka: %w", err)
	}
	tmp, err := os.MkdirTemp(cache, "fetch-")
	if err != nil {
		return "", fmt.Errorf("fetch Kafka: %w", err)
	}
	defer os.RemoveAll(tmp)
	if err := os.WriteFile(filepath.Join(tmp, "pom.xml"), pom, 0o644); err != nil {
		return "", fmt.Errorf("fetch Kafka: %w", err)
	}
	cmd := exec.CommandContext(ctx, "mvn", "-q", "-B", "dependency:copy-dependencies",
		"-Dkafka.version="+Version, "-DoutputDirectory="+filepath.Join(tmp, "libs"))
	cmd.Dir = tmp
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("fetch Kafka with Maven: %w: %s", err, lastLines(out, 10))
	}
	err = os.Rename(filepath.Join(tmp, "libs"), jars)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("fetch Kafka: %w", err)
	}
	return jars, nil
}
