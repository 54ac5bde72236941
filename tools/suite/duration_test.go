package main

import (
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
