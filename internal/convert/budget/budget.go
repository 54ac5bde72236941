// Package budget bounds what decoding or encoding one key or value costs, whatever the
// data and its schema say: the memory that it takes, and with it the time, and how deep
// it is nested. What makes values takes their memory from a budget before it makes them.
package budget

import (
	"errors"
	"fmt"
)

const (
	// Bytes is the memory that the values of one key or value may take.
	Bytes = 64 << 20
	// Depth is how deep they may be nested. Conduit's protocol for plugin processes
	// has three messages for each level, and protobuf reads 10,000 at most.
	Depth = 1000
	// Small is how many bytes of data, in any format, can't become more than Bytes where
	// each byte of them becomes at most 128. They need not be measured.
	Small = Bytes / 128
	// Schema is how many bytes the texts of a schema may have, with those that it refers
	// to.
	Schema = 4 << 20
)

var (
	errBytes = fmt.Errorf("it becomes more than %d MiB in memory", Bytes>>20)
	// ErrDepth is the error of what is nested more than Depth deep.
	ErrDepth = fmt.Errorf("it is nested more than %d deep", Depth)
)

// Budget is what is left for one key or value. It is for one goroutine.
type Budget struct{ left int }

// New returns a budget of Bytes.
func New() *Budget { return &Budget{Bytes} }

// Take takes memory from the budget. Once there is not enough left there is none at all.
func (b *Budget) Take(bytes int) error {
	if bytes < 0 || bytes > b.left {
		b.left = -1
		return errBytes
	}
	b.left -= bytes
	return nil
}

// Spent reports whether an error is that of a budget without enough left: no other way
// to convert the same value helps.
func Spent(err error) bool { return errors.Is(err, errBytes) }

// What values take in memory, each with the interface that holds it.
const (
	Scalar = 24 // a number or a boolean
	header = 40 // of a text or a list
	item   = 24 // of a list, which has room for more
	empty  = 64 // an object
	group  = 288
	entry  = 48
)

// Text is what a text or bytes take.
func Text(length int) int { return header + length }

// List is what a list takes without its values.
func List(length int) int { return header + item*length }

// Object is what an object takes without its values: room for eight entries at once.
func Object(entries int) int {
	if entries == 0 {
		return empty
	}
	return empty + group + entry*max(entries-8, 0)
}

// Times multiplies two costs, and returns more than a budget has instead of too large a
// number.
func Times(a, b int) int {
	if a > 0 && b > 2*Bytes/a {
		return 2 * Bytes
	}
	return min(a*b, 2*Bytes)
}

// Sum adds two costs as Times multiplies them.
func Sum(a, b int) int { return min(a+b, 2*Bytes) }

// Texts reports whether the texts of a schema are too long.
func Texts(texts ...string) error {
	size := 0
	for _, text := range texts {
		size += len(text)
	}
	if size > Schema {
		return fmt.Errorf("the schema and those that it refers to have more than %d MiB", Schema>>20)
	}
	return nil
}
