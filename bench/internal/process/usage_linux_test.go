package process

import (
	"os/exec"
	"testing"
	"time"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/test/conduit"
)

func TestUsage_counts_what_a_process_does(t *testing.T) {
	is := is.New(t)
	p, err := conduit.Start(exec.Command("sh", "-c", "while :; do :; done"))
	is.NoErr(err)
	defer p.Kill()
	for end := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		u, err := UsageOf(p.PID())
		is.NoErr(err)
		if u.CPU > 0 && u.PeakRSS > 0 {
			return
		}
		is.True(time.Now().Before(end)) // it does nothing else
	}
}

func TestSelf_counts_what_this_process_does(t *testing.T) {
	is := is.New(t)
	before, err := Self()
	is.NoErr(err)
	is.True(before.PeakRSS > 1<<20)
	big := make([]byte, 64<<20)
	for i := range big {
		big[i] = byte(i)
	}
	after, err := Self()
	is.NoErr(err)
	is.True(after.CPU > before.CPU)
	is.True(after.PeakRSS >= 64<<20)
	is.True(big[1] == 1) // it was in use until here
}
