package group

import (
	"cmp"
	"maps"
	"slices"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
)

// stickyBalancer is cooperative-sticky (KIP-54, KIP-429): members keep what they
// have as far as that is balanced. A partition that is to move is given to nobody
// in this round: its owner gives it up and joins again, and only then it is free.
// So partitions that stay are read on during a rebalance.
//
// The eager one is sticky: all have given up all, so partitions move at once. What
// members had before is in their user data.
type stickyBalancer struct{ eager bool }

func (b stickyBalancer) name() string {
	if b.eager {
		return "sticky"
	}
	return "cooperative-sticky"
}

func (b stickyBalancer) cooperative() bool { return !b.eager }

func (b stickyBalancer) assign(members []memberInfo, counts map[string]int32) map[string]Partitions {
	if b.eager {
		members = slices.Clone(members)
		for i := range members {
			members[i].owned, members[i].generation = decodePrevious(members[i].userData)
		}
	}
	s := newSticky(members, counts)
	owner := make(map[message.TopicPartition]int, len(s.owner))
	if !b.eager {
		maps.Copy(owner, s.owner)
	}
	s.giveOut()
	s.balance()

	out := make(map[string]Partitions, len(members))
	for i, m := range s.members {
		own := Partitions{}
		for _, p := range s.load[i] {
			if before, owned := owner[p]; !owned || before == i {
				own[p.Topic] = append(own[p.Topic], p.Partition)
			}
		}
		out[m.id] = own.sort()
	}
	return out
}

// sticky is an assignment in the making.
type sticky struct {
	members    []memberInfo
	subscribed map[string][]int               // members by topic, in order
	owner      map[message.TopicPartition]int // of assigned partitions
	load       [][]message.TopicPartition     // by member
	free       []message.TopicPartition       // owned by nobody
	wants      []map[string]struct{}          // topics by member
}

func newSticky(members []memberInfo, counts map[string]int32) *sticky {
	s := &sticky{
		members:    slices.Clone(members),
		subscribed: make(map[string][]int),
		owner:      make(map[message.TopicPartition]int),
		load:       make([][]message.TopicPartition, len(members)),
		wants:      make([]map[string]struct{}, len(members)),
	}
	slices.SortFunc(s.members, compareMembers)
	for i, m := range s.members {
		s.wants[i] = make(map[string]struct{})
		for _, t := range m.topics {
			s.wants[i][t] = struct{}{}
			s.subscribed[t] = append(s.subscribed[t], i)
		}
	}
	s.claim(counts)
	for topic := range s.subscribed {
		for id := range counts[topic] {
			if p := (message.TopicPartition{Topic: topic, Partition: id}); !s.owned(p) {
				s.free = append(s.free, p)
			}
		}
	}
	slices.SortFunc(s.free, func(a, b message.TopicPartition) int {
		return cmp.Or(cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Partition, b.Partition))
	})
	return s
}

// claim takes over what members say they own. Where two claim a partition, the
// one of the later generation has it; a tie nobody.
func (s *sticky) claim(counts map[string]int32) {
	tied := make(map[message.TopicPartition]bool)
	for i, m := range s.members {
		for topic, ids := range m.owned {
			if _, ok := s.wants[i][topic]; !ok {
				continue
			}
			for _, id := range ids {
				p := message.TopicPartition{Topic: topic, Partition: id}
				other, claimed := s.owner[p]
				switch {
				case id < 0 || id >= counts[topic]:
				case !claimed || m.generation > s.members[other].generation:
					s.owner[p] = i
					delete(tied, p)
				case m.generation == s.members[other].generation:
					tied[p] = true
				}
			}
		}
	}
	for p := range tied {
		delete(s.owner, p)
	}
	for p, i := range s.owner {
		s.load[i] = append(s.load[i], p)
	}
	for i := range s.load { // maps have no order, assignments need one
		slices.SortFunc(s.load[i], func(a, b message.TopicPartition) int {
			return cmp.Or(cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Partition, b.Partition))
		})
	}
}

func (s *sticky) owned(p message.TopicPartition) bool {
	_, ok := s.owner[p]
	return ok
}

// giveOut gives each free partition to the subscribed member with the least.
func (s *sticky) giveOut() {
	for _, p := range s.free {
		to := slices.MinFunc(s.subscribed[p.Topic], func(a, b int) int { return cmp.Compare(len(s.load[a]), len(s.load[b])) })
		s.owner[p] = to
		s.load[to] = append(s.load[to], p)
	}
}

// balance moves partitions from members with more to members with at least two
// fewer, until there is none such.
func (s *sticky) balance() {
	for s.moveOne() {
	}
}

func (s *sticky) moveOne() bool {
	order := make([]int, len(s.members))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(len(s.load[b]), len(s.load[a])) })
	for _, from := range order {
		for i := len(order) - 1; i >= 0; i-- {
			to := order[i]
			if len(s.load[from])-len(s.load[to]) < 2 {
				break // the others have more than to
			}
			if s.move(from, to) {
				return true
			}
		}
	}
	return false
}

// move gives one partition of a member to another, the last that it may have.
func (s *sticky) move(from, to int) bool {
	for i, p := range slices.Backward(s.load[from]) {
		if _, ok := s.wants[to][p.Topic]; ok {
			s.load[from] = slices.Delete(s.load[from], i, i+1)
			s.load[to] = append(s.load[to], p)
			s.owner[p] = to
			return true
		}
	}
	return false
}
