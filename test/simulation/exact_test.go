package simulation

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

func TestRunWithoutEventsCopiesEachRecordOnce(t *testing.T) {
	for _, seed := range []uint64{3, 8} {
		is := is.New(t)
		plan := NewPlan(seed)
		is.True(plan.Exact != nil)
		o := run(t, plan.Only(nil), io.Discard)
		is.Equal(o.Wrong, []string(nil))
		is.True(o.Read > 0)
	}
}

func TestCheckExact(t *testing.T) {
	const a, b = "copyA1", "copyB1"
	for name, c := range map[string]struct {
		seen  []written
		dead  string
		wrong string // a part of the first; "": nothing is
	}{
		"all once":              {[]written{{"a/0/0", a}, {"a/0/1", a}, {"a/0/2", a}}, "", ""},
		"one is lost":           {[]written{{"a/0/0", a}, {"a/0/2", a}}, "", "not there, among them a/0/1"},
		"a dead letter":         {[]written{{"a/0/0", a}, {"a/0/2", a}}, "a/0/1", ""},
		"a dead letter written": {[]written{{"a/0/0", a}, {"a/0/2", a}, {"a/0/1", a}}, "a/0/1", ""},
		"out of order":          {[]written{{"a/0/0", a}, {"a/0/2", a}, {"a/0/1", a}}, "", "a/0/1 of copyA1 comes after a/0/2"},
		"twice":                 {[]written{{"a/0/0", a}, {"a/0/0", b}, {"a/0/1", a}, {"a/0/2", a}}, "", "a/0/0 is there twice"},
		"what nobody wrote":     {[]written{{"a/0/0", a}, {"a/0/1", a}, {"a/0/2", a}, {"a/0/9", a}}, "", `"a/0/9" of copyA1 is none`},
	} {
		t.Run(name, func(t *testing.T) {
			w := &World{plan: Plan{Exact: &ExactPlan{}}, book: newBook(), exact: newExactly(), log: io.Discard}
			w.exact.made = []string{"a/0/0", "a/0/1", "a/0/2"}
			w.exact.deadLetter(a, c.dead)
			w.checkExact(map[int32][]written{0: c.seen})
			found := strings.Join(w.book.found(), "\n")
			if (found == "") != (c.wrong == "") || !strings.Contains(found, c.wrong) {
				t.Errorf("%q, want %q", found, c.wrong)
			}
		})
	}
}

func TestExactPlanMakesTheSameOfARecord(t *testing.T) {
	is := is.New(t)
	p := &ExactPlan{Filter: 3, Split: 5, Big: 11}
	is.Equal(p.names("a/0/2"), []string(nil))
	is.Equal(p.names("a/0/3"), []string{"a/0/3/1", "a/0/3/2"})
	is.Equal(p.names(p.sourceValue("a", 0, 12)), []string{"a/0/12"})
	is.True(len(p.sourceValue("a", 0, 12)) > batchBytes)
}

// An epoch is got by the one before it alone, or again if its answer was lost.
func TestCoordinatorsFence(t *testing.T) {
	is := is.New(t)
	id := "me"
	c := newCoordinators()
	begin := func(producer int64, epoch int16) string {
		req := kmsg.NewPtrInitProducerIDRequest()
		req.Version, req.TransactionalID, req.TransactionTimeoutMillis, req.ProducerID, req.ProducerEpoch = 4, &id, 1000, producer, epoch
		res, ok := c.begin(req, 0).(*kmsg.InitProducerIDResponse)
		if ok && res != nil {
			return fmt.Sprintf("epoch %d (%v)", res.ProducerEpoch, kerr.ErrorForCode(res.ErrorCode))
		}
		return fmt.Sprintf("the cluster is asked with epoch %d", req.ProducerEpoch)
	}
	is.Equal(begin(-1, -1), "the cluster is asked with epoch -1") // the first: 0
	is.Equal(begin(7, 0), "the cluster is asked with epoch 0")    // 1
	is.Equal(begin(7, 0), "epoch 1 (<nil>)")                      // its answer was lost
	is.Equal(begin(-1, -1), "the cluster is asked with epoch 1")  // another process: 2
	is.True(strings.Contains(begin(7, 1), "PRODUCER_FENCED"))
	is.Equal(begin(7, 2), "the cluster is asked with epoch 2")
}
