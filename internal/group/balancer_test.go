package group

import (
	"testing"

	"github.com/matryer/is"
)

func TestRangeGivesContiguousRuns(t *testing.T) {
	is := is.New(t)
	members := []memberInfo{
		{id: "c", subscription: subscription{topics: []string{"x"}}},
		{id: "a", subscription: subscription{topics: []string{"x", "y"}}},
		{id: "b", subscription: subscription{topics: []string{"x", "y", "missing"}}},
	}
	got := rangeBalancer{}.assign(members, map[string]int32{"x": 7, "y": 1})
	is.Equal(got, map[string]Partitions{
		"a": {"x": {0, 1, 2}, "y": {0}},
		"b": {"x": {3, 4}},
		"c": {"x": {5, 6}},
	})
}

func TestStaticMembersComeFirst(t *testing.T) {
	is := is.New(t)
	topics := subscription{topics: []string{"x"}}
	members := []memberInfo{
		{id: "1", subscription: topics},
		{id: "9", instance: "i1", subscription: topics},
		{id: "5", instance: "i2", subscription: topics},
	}
	got := rangeBalancer{}.assign(members, map[string]int32{"x": 3})
	is.Equal(got["9"], Partitions{"x": {0}})
	is.Equal(got["5"], Partitions{"x": {1}})
	is.Equal(got["1"], Partitions{"x": {2}})
}

func TestRoundRobinGoesOnWithTheNextTopic(t *testing.T) {
	is := is.New(t)
	members := []memberInfo{
		{id: "c", subscription: subscription{topics: []string{"x", "y"}}},
		{id: "a", subscription: subscription{topics: []string{"y", "x"}}},
		{id: "b", subscription: subscription{topics: []string{"y", "missing"}}},
	}
	got := roundRobinBalancer{}.assign(members, map[string]int32{"x": 3, "y": 4})
	is.Equal(got, map[string]Partitions{
		"a": {"x": {0, 2}, "y": {2}},
		"b": {"y": {0, 3}},
		"c": {"x": {1}, "y": {1}},
	})
}
