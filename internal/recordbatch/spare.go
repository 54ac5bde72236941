package recordbatch

import "sync"

// maxSpare is the most records that a slice may have to be kept: 64 Ki take 6 MB.
const maxSpare = 64 << 10

// spare keeps slices whose records nobody looks at any more, as *[]Record.
var spare sync.Pool

// Spare returns an empty slice to read a batch into: one that was given back, if there
// is any.
func Spare() []Record {
	if s, ok := spare.Get().(*[]Record); ok {
		return *s
	}
	return nil
}

// GiveBack gives the memory of records to those who call Spare. Nobody may use these
// records afterwards, only their keys, values and headers.
func GiveBack(records []Record) {
	if cap(records) == 0 || cap(records) > maxSpare {
		return
	}
	clear(records) // or their keys and values would be kept alive
	records = records[:0]
	spare.Put(&records)
}
