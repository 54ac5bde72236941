package rawdata

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/matryer/is"
)

// If this fails with a new release of Go, boxes still work, with an allocation each: see
// iface, and BenchmarkRecordsOfMessages for what the difference is.
func TestBoxesKnowTheLayoutOfInterfaces(t *testing.T) {
	is.New(t).True(known)
}

func TestBoxesOfAnUnknownLayoutAreOrdinaryData(t *testing.T) {
	is := is.New(t)
	known = false
	defer func() { known = true }()
	x := New(2)
	is.Equal(x.Box(nil), opencdc.Data(opencdc.RawData(nil)))
	is.Equal(x.Box([]byte("some")), opencdc.Data(opencdc.RawData("some")))
}

func TestABoxIsOrdinaryData(t *testing.T) {
	x := New(4)
	for name, want := range map[string]opencdc.RawData{"null": nil, "empty": {}, "bytes": []byte("some"), "part": []byte("some more")[:4]} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			data := x.Box(want)
			got, ok := data.(opencdc.RawData)
			is.True(ok)
			is.Equal(got, want)
			is.Equal(got == nil, want == nil)
			is.Equal(cap(got), cap(want))
			is.Equal(data, opencdc.Data(want)) // deeply
			is.Equal(data.Bytes(), want.Bytes())
			is.Equal(data.Clone(), want.Clone())
			is.Equal(fmt.Sprintf("%T %v", data, data), fmt.Sprintf("%T %v", want, want))
		})
	}
}

// The garbage collector must see both the headers and what they point to.
func TestBoxesOutliveCollections(t *testing.T) {
	is := is.New(t)
	var kept []opencdc.Data
	for i := range 2000 {
		x := New(10)
		for j := range 10 {
			if data := x.Box(fmt.Appendf(nil, "value %d", i)); j == i%10 {
				kept = append(kept, data)
			}
		}
		if i%100 == 0 {
			runtime.GC()
		}
	}
	for range 3 {
		runtime.GC()
		_ = make([]byte, 1<<20) // what was freed by mistake is used again
	}
	for i, data := range kept {
		is.Equal(string(data.Bytes()), fmt.Sprintf("value %d", i))
	}
}

func TestBoxesAreOneAllocation(t *testing.T) {
	is := is.New(t)
	var sink opencdc.Data
	value := []byte("v")
	is.Equal(testing.AllocsPerRun(100, func() {
		x := New(1000)
		for range 1000 {
			sink = x.Box(value)
		}
	}), 1.0)
	is.Equal(sink.Bytes(), value)
}
