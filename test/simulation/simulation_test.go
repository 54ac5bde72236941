package simulation

import (
	"io"
	"testing"
	"testing/synctest"

	"github.com/matryer/is"
)

func run(t *testing.T, plan Plan, log io.Writer) (o Outcome) {
	synctest.Test(t, func(*testing.T) { o = Run(plan, log) })
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
