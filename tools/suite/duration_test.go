package main

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

func TestUsualDurationsAreThoseOfTheGuide(t *testing.T) {
	t.Chdir("../..")
	for _, command := range []string{"make test", "make test-unit"} {
		got, err := usual(command)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(got, "minute") {
			t.Errorf("%s takes %q", command, got)
		}
	}
	if got, err := usual("make nothing"); err == nil {
		t.Errorf("make nothing takes %q", got)
	}
}

// make help refers to the guide for how long each target takes.
func TestUsualDurationsAreThereForEachTarget(t *testing.T) {
	t.Chdir("../..")
	makefile, err := os.ReadFile("Makefile")
	if err != nil {
		t.Fatal(err)
	}
	targets := regexp.MustCompile(`(?m)^([a-z-]+):.*## `).FindAllStringSubmatch(string(makefile), -1)
	if len(targets) < 10 {
		t.Fatalf("the Makefile has %d targets", len(targets))
	}
	for _, target := range targets {
		switch target[1] {
		case "help", "fmt", "clean": // at once
			continue
		}
		if _, err := usual("make " + target[1]); err != nil {
			t.Error(err)
		}
	}
}
