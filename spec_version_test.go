package kafka

import (
	"runtime/debug"
	"testing"

	"github.com/matryer/is"
)

func TestVersionIsTheLinkedOneOrThatOfTheModule(t *testing.T) {
	const path = "github.com/conduitio/conduit-connector-kafka"
	for what, test := range map[string]struct {
		linked string
		info   *debug.BuildInfo
		want   string
	}{
		"a release": {"v0.13.0", &debug.BuildInfo{Main: debug.Module{Path: path, Version: "v0.0.1"}}, "v0.13.0"},
		// Conduit takes the highest version of standalone:kafka that it finds: v0.0.0 would lose to v0.12.5.
		"built in a clone without tags":   {"", &debug.BuildInfo{Main: debug.Module{Path: path, Version: "v0.0.0-20261126092541-a578d4954649"}}, "v0.13.0-0.20261126092541-a578d4954649"},
		"built by go install":             {"", &debug.BuildInfo{Main: debug.Module{Path: path, Version: "v0.13.1"}}, "v0.13.1"},
		"in a host":                       {"", &debug.BuildInfo{Main: debug.Module{Path: "host", Version: "v9.0.0"}, Deps: []*debug.Module{{Path: path, Version: "v0.13.2"}}}, "v0.13.2"},
		"in a host, replaced by a folder": {"", &debug.BuildInfo{Deps: []*debug.Module{{Path: path, Version: "v0.12.3", Replace: &debug.Module{Path: "../x"}}}}, "(devel)"},
		"without information":             {"", nil, "(devel)"},
	} {
		t.Run(what, func(t *testing.T) {
			is := is.New(t)
			is.Equal(currentVersion(test.linked, func() (*debug.BuildInfo, bool) { return test.info, test.info != nil }), test.want)
		})
	}
}
