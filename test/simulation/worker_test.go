package simulation

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"testing"
)

// TestWorker runs the seeds that it is given on standard input, for the program in
// test/cmd/simulate.
func TestWorker(t *testing.T) {
	if os.Getenv("SIMULATION_WORKER") == "" {
		t.Skip("this is a part of make simulate")
	}
	in := bufio.NewReader(os.Stdin)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return
		}
		var job struct {
			Seed uint64
			Only []int
			Log  bool
		}
		if err := json.Unmarshal(line, &job); err != nil {
			t.Fatal(err)
		}
		plan := NewPlan(job.Seed)
		answer(t, "EVENTS", lined(plan.Events))
		if job.Only != nil {
			plan = plan.Only(job.Only)
		}
		var log io.Writer = io.Discard
		text := new(bytes.Buffer)
		if job.Log {
			plan.describe(text)
			log = text // all at the end: calls to the system change the order of goroutines
		}
		o := run(t, plan, log)
		answer(t, "RESULT", struct {
			Outcome
			Log string
		}{o, text.String()})
	}
}

func lined(events []Event) []string {
	out := []string{}
	for _, e := range events {
		out = append(out, e.String())
	}
	return out
}

func answer(t *testing.T, kind string, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("%s %s\n", kind, b)
}
