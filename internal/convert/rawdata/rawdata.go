// Package rawdata makes the data of many records in one allocation.
package rawdata

import (
	"unsafe"

	"github.com/conduitio/conduit-commons/opencdc"
)

// Boxer puts byte slices into opencdc.Data. It is for one goroutine; what it returns
// is for any.
//
// An interface that holds a slice points to the slice's header. The compiler
// allocates 24 bytes for each; here it points into an array of headers, none of which
// is changed once it was given out. The array keeps all its slices alive as long as
// one of them is used: so it is for slices of one buffer, each of which keeps that
// alive anyway.
type Boxer struct {
	free []opencdc.RawData
}

// New returns a boxer for that many slices of one buffer.
func New(slices int) Boxer { return Boxer{make([]opencdc.RawData, slices)} }

// iface is how Go lays out an interface with methods: runtime.iface.
type iface struct {
	table unsafe.Pointer
	data  unsafe.Pointer
}

// known reports whether this release of Go lays interfaces out so. If not, boxes are
// allocated by the compiler, one by one.
var known = func() bool {
	slice := opencdc.RawData("x")
	var data opencdc.Data = slice
	if unsafe.Sizeof(data) != unsafe.Sizeof(iface{}) {
		return false
	}
	header := (*opencdc.RawData)((*iface)(unsafe.Pointer(&data)).data)
	return header != nil && unsafe.SliceData(*header) == unsafe.SliceData(slice) && len(*header) == len(slice) && cap(*header) == cap(slice)
}()

// Box returns opencdc.RawData(b) as data. It panics if the boxer has been used for
// as many slices as it was made for.
func (x *Boxer) Box(b []byte) opencdc.Data {
	header := &x.free[0]
	x.free = x.free[1:]
	if !known {
		return opencdc.RawData(b)
	}
	*header = b
	var data opencdc.Data = opencdc.RawData(nil)
	(*iface)(unsafe.Pointer(&data)).data = unsafe.Pointer(header)
	return data
}
