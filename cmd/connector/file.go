package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/conduitio/yaml/v3"
)

// pipelineFile is what is needed of a pipeline file of Conduit's.
type pipelineFile struct {
	Pipelines []pipeline `yaml:"pipelines"`
}

type pipeline struct {
	ID         string      `yaml:"id"`
	Connectors []connector `yaml:"connectors"`
	DLQ        connector   `yaml:"dead-letter-queue"`
}

type connector struct {
	ID       string            `yaml:"id"`
	Type     string            `yaml:"type"`
	Plugin   string            `yaml:"plugin"`
	Settings map[string]string `yaml:"settings"`
}

// isKafka matches the names of this connector as a plugin.
var isKafka = regexp.MustCompile(`^((any|builtin|standalone):)?kafka(@.+)?$`)

// fromFile lists the Kafka connectors of a pipeline file, or that with an ID.
func fromFile(name, id string) ([]candidate, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("read pipelines: %w", err)
	}
	defer f.Close()
	var out []candidate
	decoder := yaml.NewDecoder(f)
	missing := make(variables)
	decoder.WithHook(missing.expand)
	for {
		var file pipelineFile
		clear(missing)
		err := decoder.Decode(&file)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read pipelines in %s: %w (files of version 1 are not understood)", name, err)
		}
		for i, p := range file.Pipelines {
			out = append(out, p.candidates(id, func(path string) map[string][]string {
				return missing.below(fmt.Sprintf("pipelines/%d/%s/settings/", i, path))
			})...)
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s has no Kafka connector%s", name, withID(id))
	}
	return out, nil
}

func withID(id string) string {
	if id == "" {
		return ""
	}
	return fmt.Sprintf(" with the ID %q", id)
}

// candidates lists the connectors. unset returns, by setting, the variables that are
// not set of a connector by where it stands.
func (p pipeline) candidates(id string, unset func(path string) map[string][]string) []candidate {
	var out []candidate
	for i, c := range p.Connectors {
		whole := p.ID + ":" + c.ID // as Conduit calls it
		if isKafka.MatchString(c.Plugin) && (id == "" || id == c.ID || id == whole) {
			out = append(out, candidate{c.Type + " " + whole, whole, c.Type == "source", c.Settings, unset(fmt.Sprintf("connectors/%d", i))})
		}
	}
	if isKafka.MatchString(p.DLQ.Plugin) && id == "" {
		out = append(out, candidate{"dead-letter queue of " + p.ID, "", false, p.DLQ.Settings, unset("dead-letter-queue")})
	}
	return out
}

// variables are the environment variables that a document names and that are not set,
// by the path of the value that names them.
type variables map[string][]string

// expand puts environment variables in, as Conduit does: nothing for one that is not
// set.
func (v variables) expand(path []string, node *yaml.Node) {
	if node.Kind != yaml.ScalarNode || node.Tag != "!!str" {
		return
	}
	node.SetString(os.Expand(node.Value, func(name string) string {
		value, ok := os.LookupEnv(name)
		if at := strings.Join(path, "/"); !ok && !slices.Contains(v[at], name) {
			v[at] = append(v[at], name)
		}
		return value
	}))
}

// below returns those of the values below a path, by the rest of theirs.
func (v variables) below(path string) map[string][]string {
	out := make(map[string][]string)
	for at, names := range v {
		if setting, ok := strings.CutPrefix(at, path); ok {
			out[setting] = names
		}
	}
	return out
}
