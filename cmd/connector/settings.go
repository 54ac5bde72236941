package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/conduitio/conduit-commons/config"

	kafka "github.com/conduitio/conduit-connector-kafka"
	"github.com/conduitio/conduit-connector-kafka/internal/check"
)

// fromSettings makes a candidate of SETTING=VALUE arguments. Errors have no value of
// one in them.
func fromSettings(args []string, side string) ([]candidate, error) {
	settings := make(map[string]string, len(args))
	for i, a := range args {
		name, value, ok := strings.Cut(a, "=")
		switch {
		case !ok && isSetting(name):
			return nil, fmt.Errorf("%s has no value: give it as %s=VALUE", name, name)
		case !ok:
			return nil, fmt.Errorf("setting %d is not SETTING=VALUE, for example servers=localhost:9092; a value with blanks needs quotes", i+1)
		case !isSetting(name):
			return nil, unknownSetting(i+1, name)
		}
		settings[name] = value
	}
	if side == "" {
		if side = sideOf(settings); side == "" {
			return nil, errors.New("source and destination both have these settings: say which it is with -type")
		}
	}
	return []candidate{{name: side, source: side == "source", settings: settings}}, nil
}

// sideOf tells by settings that only one side has, "" if there are none. A topic alone
// is written to: a source calls it topics, though it takes the other name as well.
func sideOf(settings map[string]string) string {
	spec := kafka.Connector.NewSpecification()
	for name := range settings {
		if !has(spec.DestinationParams, name) {
			return "source"
		}
	}
	for name := range settings {
		if name == "topic" || !has(spec.SourceParams, name) {
			return "destination"
		}
	}
	return ""
}

// unknownSetting names what is near a setting. What is near none may be no name at all,
// but a part of a value.
func unknownSetting(at int, name string) error {
	spec := kafka.Connector.NewSpecification()
	all := maps.Clone(spec.SourceParams)
	maps.Copy(all, spec.DestinationParams)
	if near := check.Nearest(name, slices.Sorted(maps.Keys(all))); near != "" {
		return fmt.Errorf("there is no setting %q: did you mean %s?", name, near)
	}
	return fmt.Errorf("setting %d: there is none of this name, docs/configuration.md has all", at)
}

func has(params config.Parameters, name string) bool {
	_, ok := params[name]
	return ok
}

func isSetting(name string) bool {
	spec := kafka.Connector.NewSpecification()
	return has(spec.SourceParams, name) || has(spec.DestinationParams, name)
}
