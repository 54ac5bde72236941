// Package rawdata makes the data of many records in one allocation.
package rawdata

import (
	"unsafe"

	"github.com/conduitio/conduit-commons/opencdc"
)

// chunk is how many values share an allocation, which lives as long as any of
// them does.
const chunk = 128

// Boxer puts byte slices into opencdc.Data. The zero value is ready. It is for one
// goroutine; what it returns is for any.
//
// An interface that holds a slice points to the slice's header. The compiler
// allocates 24 bytes for each; here it points into an array of headers, none of which
// is changed once it was given out.
type Boxer struct {
	free []opencdc.RawData
}

// iface is how Go lays out an interface with methods: runtime.iface.
type iface struct {
	table unsafe.Pointer
	data  unsafe.Pointer
}

// Box returns opencdc.RawData(b) as data.
func (x *Boxer) Box(b []byte) opencdc.Data {
	if len(x.free) == 0 {
		x.free = make([]opencdc.RawData, chunk)
	}
	header := &x.free[0]
	x.free = x.free[1:]
	*header = b
	var data opencdc.Data = opencdc.RawData(nil)
	(*iface)(unsafe.Pointer(&data)).data = unsafe.Pointer(header)
	return data
}
