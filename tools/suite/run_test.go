package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Commands that run side by side print lines that are longer than what a pipe takes at once.
func TestCommandsSideBySideLeaveTheirLinesWhole(t *testing.T) {
	if os.Getenv("SUITE_TEST_PRINTS") != "" {
		for range 50 {
			fmt.Println(strings.Repeat(os.Getenv("SUITE_TEST_PRINTS"), 200_000))
		}
		os.Exit(0)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	out := &wholeWrites{w: w}
	go func() {
		done := make(chan bool)
		for _, letter := range []string{"a", "b"} {
			go func() {
				cmd := exec.Command(os.Args[0], "-test.run", "^"+t.Name()+"$")
				cmd.Env = append(os.Environ(), "SUITE_TEST_PRINTS="+letter)
				done <- runAll([]*exec.Cmd{cmd}, out, os.Stderr)
			}()
		}
		for range 2 {
			if !<-done {
				t.Error("a command failed")
			}
		}
		_ = w.Close()
	}()
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	for _, line := range lines {
		if a, b := strings.Count(line, "a"), strings.Count(line, "b"); a+b != 200_000 || a*b != 0 {
			t.Fatalf("a line has %d a and %d b", a, b)
		}
	}
	if len(lines) != 100 {
		t.Errorf("%d lines", len(lines))
	}
}

func TestAFailureOfOneCommandIsOneOfAll(t *testing.T) {
	var text strings.Builder
	if runAll([]*exec.Cmd{exec.Command("true"), exec.Command("false")}, &text, &text) || runAll([]*exec.Cmd{exec.Command("/no/such/program")}, &text, &text) {
		t.Error("no failure")
	}
	expect(t, text.String(), "no such file")
}
