package group

import (
	"fmt"
	"math/rand"
	"slices"
	"testing"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
)

// rounds lets members join until nobody has to give anything back, as in a group,
// and returns the number of rounds. After each no partition has two owners.
func rounds(t *testing.T, members []memberInfo, counts map[string]int32) int {
	t.Helper()
	is := is.New(t)
	for round := 1; ; round++ {
		is.True(round < 4) // two rounds do for a sticky assignment
		got := stickyBalancer{}.assign(members, counts)
		again := false
		owner := map[message.TopicPartition]string{}
		for i := range members {
			m := &members[i]
			for topic, ids := range got[m.id] {
				for _, id := range ids {
					p := message.TopicPartition{Topic: topic, Partition: id}
					is.Equal(owner[p], "")
					owner[p] = m.id
				}
			}
			again = again || m.owned.Minus(got[m.id]).Len() > 0
		}
		for i := range members {
			members[i].owned, members[i].generation = got[members[i].id], int32(round)
		}
		if !again {
			return round
		}
	}
}

func joining(id string, topics ...string) memberInfo {
	return memberInfo{id: id, subscription: subscription{topics: topics, owned: Partitions{}, generation: -1}}
}

func loads(members []memberInfo) (low, high, total int) {
	low = 1 << 30
	for _, m := range members {
		n := m.owned.Len()
		low, high, total = min(low, n), max(high, n), total+n
	}
	return low, high, total
}

func TestAllPartitionsAreGivenOutEvenly(t *testing.T) {
	is := is.New(t)
	members := []memberInfo{joining("a", "x", "y"), joining("b", "x", "y"), joining("c", "x", "y")}
	is.Equal(rounds(t, members, map[string]int32{"x": 6, "y": 4}), 1)
	low, high, total := loads(members)
	is.Equal(fmt.Sprint(low, high, total), "3 4 10")
}

func TestAMemberThatJoinsTakesNoMoreThanItsShare(t *testing.T) {
	is := is.New(t)
	counts := map[string]int32{"x": 12}
	members := []memberInfo{joining("a", "x"), joining("b", "x")}
	rounds(t, members, counts)
	before := members[0].owned
	members = append(members, joining("0", "x")) // comes first in order
	is.Equal(rounds(t, members, counts), 2)
	low, high, total := loads(members)
	is.Equal(fmt.Sprint(low, high, total), "4 4 12")
	is.Equal(before.Minus(members[0].owned).Len(), 2) // it gave up no more than had to move
}

func TestWhatALeavingMemberHadIsGivenOutAtOnce(t *testing.T) {
	is := is.New(t)
	counts := map[string]int32{"x": 12}
	members := []memberInfo{joining("a", "x"), joining("b", "x"), joining("c", "x")}
	rounds(t, members, counts)
	before := members[0].owned
	members = members[:2]
	is.Equal(rounds(t, members, counts), 1)
	is.Equal(before.Minus(members[0].owned).Len(), 0) // and nobody gives anything up
	_, _, total := loads(members)
	is.Equal(total, 12)
}

func TestTheLaterGenerationOwnsAPartitionThatTwoClaim(t *testing.T) {
	is := is.New(t)
	old, current := joining("a", "x"), joining("b", "x")
	old.owned, old.generation = Partitions{"x": {0, 1}}, 3
	current.owned, current.generation = Partitions{"x": {1}}, 4
	got := stickyBalancer{}.assign([]memberInfo{old, current}, map[string]int32{"x": 2})
	is.Equal(got["a"], Partitions{"x": {0}})
	is.Equal(got["b"], Partitions{"x": {1}})
}

// What moves in an eager group moves at once, and what can stay stays.
func TestAnEagerMemberGetsWhatItHadBefore(t *testing.T) {
	is := is.New(t)
	had := func(id string, generation int32, ids ...int32) memberInfo {
		m := joining(id, "x")
		m.userData = encodePrevious(Partitions{"x": ids}, generation)
		return m
	}
	members := []memberInfo{had("a", 4, 1, 3, 5), had("b", 4, 0, 2, 4), had("old", 3, 1), joining("new", "x")}
	got := stickyBalancer{eager: true}.assign(members, map[string]int32{"x": 6})
	total := 0
	for _, id := range []string{"a", "b"} {
		is.Equal(got[id].Minus(members[int(id[0]-'a')].previous()).Len(), 0)
		total += got[id].Len()
	}
	total += got["old"].Len() + got["new"].Len()
	is.Equal(total, 6)
	is.True(got["new"].Len() == 1 && got["old"].Len() == 1)
}

func (m memberInfo) previous() Partitions { p, _ := decodePrevious(m.userData); return p }

// Whoever comes and goes, subscribed to whatever: after at most a few rounds each
// partition of a subscribed topic has one owner that subscribes to it, and members
// with the same topics have the same number, give or take one.
func TestAnyGroupSettles(t *testing.T) {
	topics := []string{"x", "y", "z"}
	for seed := range int64(300) {
		is := is.New(t)
		rnd := rand.New(rand.NewSource(seed))
		counts := map[string]int32{}
		for _, topic := range topics {
			counts[topic] = int32(rnd.Intn(9))
		}
		same := rnd.Intn(2) == 0
		var members []memberInfo
		for step := range 8 {
			if len(members) > 1 && rnd.Intn(2) == 0 {
				i := rnd.Intn(len(members))
				members = append(members[:i], members[i+1:]...)
			} else {
				m := joining(fmt.Sprint("m", rnd.Intn(1000), "-", step), topics...)
				if !same {
					m.topics = topics[:1+rnd.Intn(3)]
				}
				members = append(members, m)
			}
			rounds(t, members, counts)
			want := 0
			for _, topic := range topics {
				for _, m := range members {
					if slices.Contains(m.topics, topic) {
						want += int(counts[topic])
						break
					}
				}
			}
			low, high, total := loads(members)
			is.Equal(total, want) // seed
			is.True(!same || high-low <= 1)
		}
	}
}
