package cluster

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/matryer/is"
)

func TestViewLeavesOutTopicsThatCannotBeAndThoseThatWereNotAskedFor(t *testing.T) {
	is := is.New(t)
	v := view{topics: []Topic{{Name: "t"}, {Name: "other"}, {Name: "a\x1b[2Jb"}, {Name: "\xff"}, {}, {Name: strings.Repeat("x", 300)}}}
	is.Equal(slices.Sorted(maps.Keys(v.byName(nil))), []string{"other", "t"})
	is.Equal(slices.Sorted(maps.Keys(v.byName([]string{"t", "gone"}))), []string{"gone", "t"})
	is.Equal(slices.Sorted(maps.Keys(v.byName([]string{"a\x1b[2Jb"}))), []string{"a\x1b[2Jb"}) // it is in the settings
}

func TestClientBelievesNoHostThatCannotBe(t *testing.T) {
	is := is.New(t)
	c := New([]string{"127.0.0.1:1"}, config)
	defer c.Close()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.listedLocked([]Endpoint{{1, "broker-1", 9092}, {2, "", 9092}, {3, "a\x1b[2Jb", 9092}, {4, strings.Repeat("x", 300), 9092}, {5, "::1", 9092}})
	is.Equal(c.brokers, map[int32]string{1: "broker-1:9092", 5: "[::1]:9092"})
}
