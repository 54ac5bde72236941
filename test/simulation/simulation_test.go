package simulation

import (
	"io"
	"runtime"
	"testing"
	"testing/synctest"

	"github.com/matryer/is"
)

func run(t *testing.T, plan Plan, log io.Writer) (o Outcome) {
	synctest.Test(t, func(*testing.T) { o = Run(plan, log) })
	for _, w := range plan.Writers {
		if w.Settings["compression"] == "zstd" {
			// Its coders hold channels, which must not get into another bubble. The pools
			// that they are in are empty after two collections.
			runtime.GC()
			runtime.GC()
		}
	}
	return o
}

func TestRunWithoutEventsFindsNothing(t *testing.T) {
	for seed := range uint64(3) {
		is := is.New(t)
		o := run(t, NewPlan(seed).Only(nil), io.Discard)
		is.Equal(o.Wrong, []string(nil))
		is.True(o.Written > 0)
		is.Equal(o.Read, o.Written)
	}
}

func TestRunWithEventsFindsNothing(t *testing.T) {
	for seed := range uint64(10) {
		plan := NewPlan(1000 + seed)
		if o := run(t, plan, io.Discard); len(o.Wrong) > 0 {
			t.Errorf("seed %d (make simulate SEED=%d): %s", plan.Seed, plan.Seed, o.Wrong)
		}
	}
}

func TestPlanIsTheSameForASeed(t *testing.T) {
	is := is.New(t)
	is.Equal(NewPlan(7), NewPlan(7))
	fewer := NewPlan(7).Only([]int{1, 3})
	is.Equal(len(fewer.Events), 2)
	is.Equal(fewer.Events[1], NewPlan(7).Events[3])
}
