package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"

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
	decoder.WithHook(expandVariables)
	for {
		var file pipelineFile
		err := decoder.Decode(&file)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read pipelines in %s: %w (files of version 1 are not understood)", name, err)
		}
		for _, p := range file.Pipelines {
			out = append(out, p.candidates(id)...)
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

func (p pipeline) candidates(id string) []candidate {
	var out []candidate
	for _, c := range p.Connectors {
		if isKafka.MatchString(c.Plugin) && (id == "" || id == c.ID) {
			out = append(out, candidate{fmt.Sprintf("%s %s:%s", c.Type, p.ID, c.ID), c.Type == "source", c.Settings})
		}
	}
	if isKafka.MatchString(p.DLQ.Plugin) && id == "" {
		out = append(out, candidate{fmt.Sprintf("dead-letter queue of %s", p.ID), false, p.DLQ.Settings})
	}
	return out
}

// expandVariables puts environment variables in, as Conduit does.
func expandVariables(_ []string, node *yaml.Node) {
	if node.Kind == yaml.ScalarNode && node.Tag == "!!str" {
		node.SetString(os.ExpandEnv(node.Value))
	}
}
