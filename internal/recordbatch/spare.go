package recordbatch

import "sync"

// maxSpare is for how many records there may be spare room in all: 64 Ki take 6 MB.
const maxSpare = 64 << 10

// spare keeps slices whose records nobody looks at any more. A sync.Pool keeps them by
// processor, they are mostly given back on another one than the decoder's, and the garbage
// collector empties it often where much is read: of ten batches of 1 MB four took new memory.
var spare struct {
	mu   sync.Mutex
	free [][]Record // the one that was given back last comes last
	room int        // of all of them, in records
}

// Spare returns an empty slice to read a batch into: one that was given back, if there
// is any.
func Spare() []Record {
	spare.mu.Lock()
	defer spare.mu.Unlock()
	last := len(spare.free) - 1
	if last < 0 {
		return nil
	}
	records := spare.free[last]
	spare.free[last] = nil
	spare.free = spare.free[:last]
	spare.room -= cap(records)
	return records
}

// GiveBack gives the memory of records to those who call Spare. Nobody may use these
// records afterwards, only their keys, values and headers.
func GiveBack(records []Record) {
	if cap(records) == 0 || cap(records) > maxSpare {
		return
	}
	clear(records) // or their keys and values would be kept alive
	spare.mu.Lock()
	defer spare.mu.Unlock()
	if spare.room+cap(records) <= maxSpare {
		spare.room += cap(records)
		spare.free = append(spare.free, records[:0])
	}
}
