package faults_test

import (
	"fmt"
	"os"
	"runtime/debug"
	"sync"
	"testing"
	"time"

	"github.com/conduitio/conduit-connector-kafka/test/broker"
	"github.com/conduitio/conduit-connector-kafka/test/ledger"
)

func TestMain(m *testing.M) { broker.Main(suite{m}) }

// suite is all scenarios, and their table.
type suite struct{ m *testing.M }

// Run runs the scenarios once, or under SOAK=1 until the time is over or one fails. A
// scenario that has begun is run to its end.
func (s suite) Run() int {
	defer func() { _ = os.RemoveAll(conduitDir) }() // nothing was built where it is empty
	if !soaking {
		code := s.m.Run()
		results.print()
		return code
	}
	length, err := time.ParseDuration(env("SOAKTIME", "30m"))
	if err != nil {
		fmt.Fprintln(os.Stderr, "read SOAKTIME:", err)
		return 2
	}
	stop := watchVitals(time.Minute)
	defer results.print()
	defer stop()
	for soakEnd = time.Now().Add(length); ; {
		if code := s.m.Run(); code != 0 || time.Now().After(soakEnd) {
			return code
		}
	}
}

// soakEnd is when no further scenario begins.
var soakEnd time.Time

// soak skips a scenario if the time is over. After it, it prints what this process
// takes then: as much as after any other, or something is left over.
func soak(t *testing.T) {
	t.Helper()
	if !soaking {
		return
	}
	if time.Now().After(soakEnd) {
		t.Skip("SOAKTIME is over")
	}
	t.Cleanup(func() {
		debug.FreeOSMemory()
		fmt.Printf("after %s: %s\n", t.Name(), vitals())
	})
}

// soaking tells that the long forms are wanted.
var soaking = os.Getenv("SOAK") == "1"

// rounds chooses between the short and the long form of a scenario.
func rounds(short, long int) int {
	if soaking {
		return long
	}
	return short
}

// onlySoaking is for scenarios that have no short form.
func onlySoaking(t *testing.T) {
	t.Helper()
	if !soaking {
		t.Skip("takes minutes: SOAK=1 runs it")
	}
}

func env(name, otherwise string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return otherwise
}

// table collects the rows of all scenarios.
type table struct {
	mu   sync.Mutex
	rows []ledger.Result
}

var results table

func (t *table) add(r ledger.Result) {
	t.mu.Lock()
	t.rows = append(t.rows, r)
	t.mu.Unlock()
}

func (t *table) print() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.rows) == 0 {
		return
	}
	fmt.Println(ledger.Header())
	for _, r := range t.rows {
		fmt.Println(r)
	}
}
