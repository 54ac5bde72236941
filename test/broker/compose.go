package broker

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

//go:embed compose.yaml
var composeFile []byte

func imageOf(r release) string { return "apache/kafka:" + r.String() }

// inContainer is where compose.yaml mounts a cluster's directory.
const inContainer = "/etc/kafka/test"

// composeTimeout bounds commands that nobody else bounds.
const composeTimeout = time.Minute

// downCompose is the watchdog's script where nodes are containers.
const downCompose = `docker compose -p "$(basename "$0")" -f "$0/compose.yaml" --env-file "$0/compose.env" down -v -t 0 >/dev/null 2>&1`

// compose runs each node as a container of a Docker Compose project.
type compose struct {
	dir string
	dog *watchdog
}

// missingDocker says what is missing for running Kafka in containers, or "".
func missingDocker(ctx context.Context) string {
	if _, err := exec.LookPath("docker"); err != nil {
		return "Docker is not installed"
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	version, err := run(ctx, "docker", "info", "--format", "{{.ServerVersion}}")
	if err != nil || strings.TrimSpace(version) == "" {
		return "Docker does not answer"
	}
	if _, err := run(ctx, "docker", "compose", "version"); err != nil {
		return "Docker has no Compose"
	}
	return ""
}

func pullImage(ctx context.Context, image string) error {
	if _, err := run(ctx, "docker", "image", "inspect", image); err == nil {
		return nil
	}
	if _, err := run(ctx, "docker", "pull", "-q", image); err != nil {
		return fmt.Errorf("pull %s: %w", image, err)
	}
	return nil
}

func newCompose(dir string, l layout, o Options) (engine, error) {
	first, last := l.published()
	files := map[string]string{
		"compose.yaml": string(composeFile),
		"compose.env": fmt.Sprintf("KAFKA_IMAGE=%s\nKAFKA_DIR=%s\nKAFKA_PORTS=%d-%d\nKAFKA_CLUSTER_ID=%s\n",
			imageOf(o.release()), dir, first, last, newClusterID()),
	}
	for i := 1; i <= l.Nodes; i++ {
		files[fmt.Sprintf("node-%d/server.properties", i)] = serverProperties(i, l, o, paths{
			bind: "0.0.0.0", data: "/tmp/kafka-data", certs: inContainer + "/certs",
		})
	}
	for name, content := range files {
		if err := writeFile(filepath.Join(dir, name), []byte(content)); err != nil {
			return nil, err
		}
	}
	dog, err := watch(dir, downCompose)
	return &compose{dir: dir, dog: dog}, err
}

// command returns the command line of a Compose command for this project.
func (c *compose) command(args ...string) []string {
	return slices.Concat([]string{
		"docker", "compose", "-p", filepath.Base(c.dir),
		"-f", filepath.Join(c.dir, "compose.yaml"), "--env-file", filepath.Join(c.dir, "compose.env"),
	}, args)
}

func (c *compose) run(ctx context.Context, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, composeTimeout)
	defer cancel()
	return run(ctx, c.command(args...)...)
}

func service(node int) string { return "kafka-" + strconv.Itoa(node) }

func (c *compose) start(ctx context.Context, node int) error {
	_, err := c.run(ctx, "up", "-d", "--no-recreate", service(node))
	return err
}

func (c *compose) kill(node int) error {
	ctx, cancel := context.WithTimeout(context.Background(), composeTimeout)
	defer cancel()
	_, _ = c.run(ctx, "unpause", service(node)) // Docker kills no paused container; fails if it is not paused
	_, err := c.run(ctx, "kill", "-s", "SIGKILL", service(node))
	for err == nil && !c.exited(node) {
		select {
		case <-time.After(poll):
		case <-ctx.Done():
			err = ctx.Err()
		}
	}
	return err
}

func (c *compose) stop(ctx context.Context, node int) error {
	if _, err := c.run(ctx, "stop", service(node)); err != nil {
		return errors.Join(err, c.kill(node))
	}
	return nil
}

func (c *compose) pause(node int) error {
	_, err := c.run(context.Background(), "pause", service(node))
	return err
}

func (c *compose) resume(node int) error {
	_, err := c.run(context.Background(), "unpause", service(node))
	return err
}

func (c *compose) exited(node int) bool {
	out, err := c.run(context.Background(), "ps", "-q", "--status", "running", "--status", "paused", service(node))
	return err == nil && strings.TrimSpace(out) == ""
}

func (c *compose) log(node int) string {
	out, err := c.run(context.Background(), "logs", "--no-color", "--no-log-prefix", "--tail", "20", service(node))
	if err != nil {
		return err.Error()
	}
	return lastLines([]byte(out), 20)
}

func (c *compose) tool() []string {
	return c.command("exec", "-T", "net", "/opt/kafka/bin/kafka-run-class.sh")
}

func (c *compose) close() error { return c.dog.close() }
