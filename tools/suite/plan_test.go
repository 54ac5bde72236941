package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// tree makes files and goes to their directory.
func tree(t *testing.T, files map[string]string) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
}

func testPlan(t *testing.T) plan {
	t.Helper()
	tree(t, map[string]string{
		"go.mod":                         "module " + root + "\n",
		"quick/quick_test.go":            "package quick\n",
		"none/none.go":                   "package none\n",
		"mixed/mixed_kafka_test.go":      "package mixed_test\nimport _ \"" + brokerPackage + "\"\n",
		"test/faults/x_kafka_test.go":    "package faults\nimport _ \"" + brokerPackage + "\"\n",
		"test/connector/y_kafka_test.go": "package connector\n",
		"named/named_kafka_test.go":      "package named\n",
		"test/broker/broker.go":          "package broker\n",
		"bench/go.mod":                   "module bench\n",
		"bench/inner/inner_test.go":      "package inner\n",
		"cmd/conduit/go.mod":             "module conduit\nrequire x\n", // a version is missing
		"cmd/conduit/main_test.go":       "package main\n",
		"tools/go.mod":                   "module tools\n",
		"tools/broken/broken_test.go":    "package broken\nimport \"\n",
	})
	p, err := makePlan(modules)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func lines(commands []*exec.Cmd) []string {
	var out []string
	for _, c := range commands {
		out = append(out, c.Dir+": "+strings.Join(c.Args, " "))
	}
	return out
}

func TestPlanSeparatesWhatNeedsKafka(t *testing.T) {
	p := testPlan(t)
	fast, slow, beside := lines(p.fast(options{})), lines(p.withKafka(options{})), lines(p.patient(options{}))
	expect(t, fast[0], ".: go test -json", " ./quick")
	if strings.Contains(fast[0], "./mixed") || strings.Contains(fast[0], "./none") {
		t.Errorf("fast: %s", fast[0])
	}
	if len(slow) != 1 || !strings.HasSuffix(slow[0], " ./test/connector ./mixed ./named") {
		t.Errorf("with Kafka, the slowest first: %s", slow)
	}
	if len(beside) != 1 || !strings.HasSuffix(beside[0], " ./test/faults") {
		t.Errorf("beside both: %s", beside)
	}
}

func TestPlanTestsModulesThatCannotBeListed(t *testing.T) {
	fast := lines(testPlan(t).fast(options{}))
	for _, want := range []string{"cmd/conduit: ", "bench: ", "tools: "} {
		if !slices.ContainsFunc(fast, func(s string) bool { return strings.HasPrefix(s, want) }) {
			t.Errorf("%s is missing in %s", want, fast)
		}
	}
	expect(t, strings.Join(fast, "\n"), " ./broken")
}

func TestPlanOfUnitsTakesAllPackages(t *testing.T) {
	o := options{unit: true, flags: []string{"-race"}}
	fast := lines(testPlan(t).fast(o))
	expect(t, fast[0], " -short ", " -race ", " ./test/faults ./test/connector ./mixed ./named ./quick")
}

// Every name in a list is that of a package: one that was moved would lose its place.
func TestPlanNamesPackagesThatAreThere(t *testing.T) {
	for _, name := range slices.Concat(slowest, patient) {
		if found, err := filepath.Glob(filepath.Join("..", "..", name, "*_test.go")); err != nil || len(found) == 0 {
			t.Errorf("%s has no tests: %v", name, err)
		}
	}
}
