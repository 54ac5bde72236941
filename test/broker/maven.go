package broker

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
)

var javaVersion = regexp.MustCompile(`version "(\d+)`)

// missingJava says what is missing for running what a pom.xml names, or "".
func missingJava(ctx context.Context, name, version string, pom []byte) string {
	out, err := exec.CommandContext(ctx, "java", "-version").CombinedOutput()
	if err != nil {
		return "Java is not installed"
	}
	m := javaVersion.FindSubmatch(out)
	if m == nil {
		return "the version of Java is not understood"
	}
	if v, _ := strconv.Atoi(string(m[1])); v < 17 {
		return fmt.Sprintf("Java has version %d", v)
	}
	if jars, err := jarsDir(name, version, pom); err == nil && exists(jars) {
		return ""
	}
	if _, err := exec.LookPath("mvn"); err != nil {
		return "Maven is not installed"
	}
	return ""
}

// jarsDir returns where the jars that a pom.xml names lie on this machine, or will.
func jarsDir(name, version string, pom []byte) (string, error) {
	cache := os.Getenv("KAFKA_TEST_CACHE")
	if cache == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("find cache directory: %w", err)
		}
		cache = filepath.Join(user, "conduit-connector-kafka")
	}
	// Other jars, for another version of the list, are another directory.
	list := sha256.Sum256(pom)
	return filepath.Join(cache, fmt.Sprintf("%s-%s-%x", name, version, list[:4])), nil
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

// ConnectVersion is the version of Kafka Connect, and so of MirrorMaker, that runs beside
// Kafka. That of 4.4.0 is not whole where Maven looks: it has no connect-mirror.
const ConnectVersion = "4.3.1"

// FetchJars returns a directory with the jars that a pom.xml names, whose
// ${kafka.version} is [ConnectVersion]. Maven fills it once per machine, name and
// version. Processes may race: one's directory wins, whole.
func FetchJars(ctx context.Context, name string, pom []byte) (string, error) {
	return fetchJars(ctx, name, ConnectVersion, pom)
}

func fetchJars(ctx context.Context, name, version string, pom []byte) (string, error) {
	return fetch(ctx, "copy", name, version, pom, func(string) error { return nil })
}

// fetch copies or unpacks the artifacts that a pom.xml names, and then prepares the
// directory with them, unless that was done before.
func fetch(ctx context.Context, how, name, version string, pom []byte, prepare func(dir string) error) (string, error) {
	jars, err := jarsDir(name, version, pom)
	if err != nil || exists(jars) {
		return jars, err
	}
	cache := filepath.Dir(jars)
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", fmt.Errorf("fetch %s: %w", name, err)
	}
	tmp, err := os.MkdirTemp(cache, "fetch-")
	if err != nil {
		return "", fmt.Errorf("fetch %s: %w", name, err)
	}
	defer os.RemoveAll(tmp)
	if err := os.WriteFile(filepath.Join(tmp, "pom.xml"), pom, 0o644); err != nil {
		return "", fmt.Errorf("fetch %s: %w", name, err)
	}
	cmd := exec.CommandContext(ctx, "mvn", "-q", "-B", "dependency:"+how+"-dependencies",
		"-Dkafka.version="+version, "-DoutputDirectory="+filepath.Join(tmp, "libs"))
	cmd.Dir = tmp
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("fetch %s with Maven: %w: %s", name, err, lastLines(out, 10))
	}
	if err := prepare(filepath.Join(tmp, "libs")); err != nil {
		return "", fmt.Errorf("prepare %s: %w", name, err)
	}
	if err := os.Rename(filepath.Join(tmp, "libs"), jars); err != nil && !exists(jars) {
		return "", fmt.Errorf("fetch %s: %w", name, err)
	}
	return jars, nil
}
