package kafka

import (
	_ "embed"
	"runtime/debug"
	"strings"

	sdk "github.com/conduitio/conduit-connector-sdk"
)

//go:embed connector.yaml
var specification string

// version is set by the linker in released builds: see tools/release.
var version string

// Specification describes the connector and its parameters.
var Specification = sdk.YAMLSpecification(specification, softwareVersion)

// softwareVersion is what brokers are told, too.
var softwareVersion = currentVersion(version, debug.ReadBuildInfo)

// currentVersion is the version of this module in the program that runs, linked into it
// or else as its go.mod has it, and (devel) where neither says more.
func currentVersion(linked string, read func() (*debug.BuildInfo, bool)) string {
	const unknown = "(devel)"
	info, ok := read()
	switch {
	case linked != "":
		return linked
	case !ok:
		return unknown
	}
	for _, m := range append(info.Deps, &info.Main) {
		if m.Path == "github.com/conduitio/conduit-connector-kafka" && m.Replace == nil && m.Version != "" {
			return released(m.Version)
		}
	}
	return unknown
}

// released turns the version that Go makes up in a clone without tags into one above those
// of former releases: of several plugins of a name Conduit takes the highest version.
func released(version string) string {
	revision, made := strings.CutPrefix(version, "v0.0.0-")
	_, rest, _ := strings.Cut(specification, "\n  version: ")
	if next, _, found := strings.Cut(rest, "\n"); made && found {
		return next + "-0." + revision
	}
	return version
}
