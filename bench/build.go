package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const (
	connectorModule = "github.com/conduitio/conduit-connector-kafka"
	publishedMod    = "published.go.mod"
)

// program is the contender's executable, host Conduit's.
func (o options) program(published bool) string { return o.binary("bench-contender", published) }
func (o options) host(published bool) string    { return o.binary("conduit", published) }

func (o options) binary(name string, published bool) string {
	if published {
		name += "-published"
	}
	return filepath.Join(o.root, "bin", name)
}

// build builds the programs that the plan needs.
func (o options) build(ctx context.Context, p plan) error {
	bin, err := filepath.Abs(filepath.Join(o.root, "bin"))
	if err != nil {
		return fmt.Errorf("find bin: %w", err)
	}
	in := filepath.Join(o.root, "bench")
	clients, hosts := p.programs()
	if clients {
		if _, err := run(ctx, in, "go", "build", "-o", filepath.Join(bin, "bench-contender"), "./contender"); err != nil {
			return err
		}
		if _, err := run(ctx, in, "go", "build", "-modfile="+publishedMod, "-o", filepath.Join(bin, "bench-contender-published"), "./contender"); err != nil {
			return err
		}
	}
	if !hosts {
		return nil
	}
	host := filepath.Join(o.root, "cmd", "conduit")
	if _, err := run(ctx, host, "go", "build", "-o", filepath.Join(bin, "conduit"), "."); err != nil {
		return err
	}
	return o.buildPublishedHost(ctx, host, filepath.Join(bin, "conduit-published"))
}

// programs tells which kinds of contenders a plan has.
func (p plan) programs() (clients, hosts bool) {
	for _, g := range p {
		for _, c := range g.contenders {
			if _, ok := c.(*client); ok {
				clients = true
			} else {
				hosts = true
			}
		}
	}
	return clients, hosts
}

// buildPublishedHost builds cmd/conduit with the published connector: with its
// own go.mod and go.sum, less the replace line.
func (o options) buildPublishedHost(ctx context.Context, host, executable string) error {
	version, err := run(ctx, filepath.Join(o.root, "bench"), "go", "list", "-m", "-modfile="+publishedMod, "-f", "{{.Version}}", connectorModule)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "bench-host-")
	if err != nil {
		return fmt.Errorf("build Conduit: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	mod := filepath.Join(dir, "published.go.mod")
	if err := copyFile(mod, filepath.Join(host, "go.mod")); err != nil {
		return err
	}
	sums, err := sumsOf(filepath.Join(o.root, "bench", "published.go.sum"), connectorModule)
	if err != nil {
		return err
	}
	if err := copyFile(filepath.Join(dir, "published.go.sum"), filepath.Join(host, "go.sum"), sums...); err != nil {
		return err
	}
	if _, err := run(ctx, host, "go", "mod", "edit", "-dropreplace="+connectorModule,
		"-require="+connectorModule+"@"+strings.TrimSpace(version), mod); err != nil {
		return err
	}
	_, err = run(ctx, host, "go", "build", "-modfile="+mod, "-o", executable, ".")
	return err
}

// sumsOf returns a module's lines of a go.sum.
func sumsOf(name, module string) ([]string, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("read checksums: %w", err)
	}
	var lines []string
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, module+" ") {
			lines = append(lines, line)
		}
	}
	if len(lines) == 0 {
		return nil, fmt.Errorf("read checksums: %s has none of %s", name, module)
	}
	return lines, nil
}

func copyFile(to, from string, more ...string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return fmt.Errorf("copy: %w", err)
	}
	text = append(text, strings.Join(more, "")...)
	if err := os.WriteFile(to, text, 0o644); err != nil {
		return fmt.Errorf("copy: %w", err)
	}
	return nil
}

// run runs a command and returns what it prints.
func run(ctx context.Context, dir string, argv ...string) (string, error) {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir = dir
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s: %w: %s", strings.Join(argv, " "), err, strings.TrimSpace(stderr.String()))
	}
	return stdout.String(), nil
}
