package group

import (
	"testing"

	"github.com/matryer/is"
)

func TestPartitionsAreInOrderWhateverComesFirst(t *testing.T) {
	is := is.New(t)
	before := []int32{2, 4}
	p := Partitions{"a": before[:1]}
	p.Add("a", 3, 1)
	p.Add("a", 2, 5)
	p.Add("b", 7)
	is.Equal(p, Partitions{"a": {1, 2, 3, 5}, "b": {7}})
	is.Equal(before, []int32{2, 4}) // whoever has them keeps them
	for _, id := range p["a"] {
		is.True(p.Has("a", id))
	}
	is.Equal(Partitions{"a": {1, 2, 3, 4, 5}}.Minus(p), Partitions{"a": {4}})
}
