package budget

import (
	"encoding/json"
	"runtime"
	"strings"
	"testing"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

func TestBudgetThatIsSpentStaysSpent(t *testing.T) {
	is := is.New(t)
	b := New()
	is.NoErr(b.Take(Bytes))
	err := b.Take(1)
	expect.Error(t, err, "more than 64 MiB")
	is.True(Spent(err))
	is.True(b.Take(0) != nil)
	is.True(New().Take(-1) != nil) // a number that was too large
	is.True(!Spent(ErrDepth))
}

func TestCostsDoNotOverflow(t *testing.T) {
	is := is.New(t)
	huge := Times(1<<40, 1<<40)
	is.True(huge > Bytes && Sum(huge, huge) > Bytes && Times(huge, huge) > Bytes)
	is.Equal(Times(0, 1<<62), 0)
}

// What is counted is about what the decoder takes, and not far from what its data becomes
// that is too short to be counted.
func TestJSONCostsWhatItTakes(t *testing.T) {
	const n = 400_000
	for name, text := range map[string]string{
		"empty objects": "[{}" + strings.Repeat(",{}", n) + "]",
		"objects":       `[{"":0}` + strings.Repeat(`,{"":0}`, n) + "]",
		"lists":         "[[]" + strings.Repeat(",[[]]", n) + "]",
		"numbers":       "[1" + strings.Repeat(",1", 2*n) + "]",
		"texts":         `[""` + strings.Repeat(`,"\"]"`, n) + "]",
		"an object":     `{"":0` + strings.Repeat(`,"a":[]`, n) + "}",
	} {
		t.Run(name, func(t *testing.T) {
			b := &Budget{1 << 40}
			is.New(t).NoErr(b.JSON([]byte(text)))
			counted := 1<<40 - b.left
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			var v any
			is.New(t).NoErr(json.Unmarshal([]byte(text), &v))
			runtime.GC()
			runtime.ReadMemStats(&after)
			held := int(after.HeapAlloc - before.HeapAlloc)
			if counted < held/2 || counted > 8*held+len(text)*100 {
				t.Errorf("%d bytes are counted, %d taken", counted, held)
			}
			if held > 128*len(text) {
				t.Errorf("%d bytes become %d", len(text), held)
			}
			runtime.KeepAlive(v)
		})
	}
}

func TestJSONDepth(t *testing.T) {
	is := is.New(t)
	is.NoErr(JSONDepth(strings.Repeat("[", Depth) + `"[[[\"[["`))
	is.Equal(JSONDepth(strings.Repeat("{", Depth+1)), ErrDepth)
	is.NoErr(JSONDepth(strings.Repeat("[]", 2*Depth)))
}
