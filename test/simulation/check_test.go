package simulation

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/matryer/is"
)

// story is a book of one partition, to which a test adds what it is about. Records 1
// to 5 lie at offsets 0 to 4.
type story struct {
	*book
	log  logID
	live []logged
}

func newStory() *story {
	s := &story{book: newBook(), log: logID{topic: "a", id: [16]byte{1}}}
	time.Sleep(time.Second) // 0 is no time
	for range 5 {
		s.write("d1")
	}
	return s
}

// write writes one more record.
func (s *story) write(who string) int {
	id := s.hand(&number{topic: "a", partition: -1})
	s.trying(who, id, WriterPlan{})
	s.written(id)
	s.append(id)
	return id
}

// append puts a record into the log.
func (s *story) append(id int) {
	s.live = append(s.live, logged{int64(len(s.live)), id, s.numbers[id].value})
}

// appendTo puts a record into the log of another partition.
func (s *story) appendTo(partition int32, id int) {
	log := s.log
	log.partition = partition
	s.keep(log, []logged{{0, id, s.numbers[id].value}})
}

func (s *story) read(who string, offsets ...int64) {
	for _, o := range offsets {
		s.reads(who, "a", 0, o, s.live[o].number, s.live[o].value)
	}
}

func (s *story) ack(offsets ...int64) {
	for _, o := range offsets {
		s.acks("s1", "a", 0, o, s.live[o].number)
	}
}

// lose has a process lose its place, and be told the log's end.
func (s *story) lose(who string, end int64) {
	s.refuses(inquiry{who, s.log})
	s.tells(inquiry{who, s.log}, end, end)
}

func (s *story) note(k kind, offset int64) { s.book.note(entry{kind: k, log: s.log, offset: offset}) }

// starts has a process start from a position which says how far the log was read.
func (s *story) starts(who string, next int64) {
	s.book.note(entry{kind: wasKept, who: who, log: s.log, offset: next, read: s.now()})
}

// again has an operator set the group's offset, and a member take it over when the log
// has an end.
func (s *story) again(from, end int64) {
	s.note(wasReset, from)
	time.Sleep(time.Second)
	s.book.note(entry{kind: wasSeen, log: s.log, offset: from + 1, high: end})
}

func (s *story) end() []string {
	s.keep(s.log, s.live)
	s.checker().check().unread([]logID{s.log})
	return s.found()
}

func TestCheckFindsNothingWhereAllIsWell(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStory()
		s.read("s1", 0, 1, 2)
		s.ack(1, 0, 2)
		s.note(wasAsked, 3)
		s.note(wasSeen, 3)
		s.read("s1", 3, 4)
		s.joins = s.now()
		s.read("s2", 3, 4) // which has the partition now
		s.ack(3, 4)
		s.note(wasAsked, 5)
		s.note(wasSeen, 5)
		is.New(t).Equal(s.end(), []string(nil))
	})
}

func TestCheckFindsEachThingThatMayNotBe(t *testing.T) {
	for name, c := range map[string]struct {
		does func(s *story)
		want string
	}{
		"a gap": {func(s *story) { s.read("s1", 0, 2); s.ack(0, 2) }, "gap"},
		"a start after what was not acknowledged": {func(s *story) {
			s.read("s1", 0, 1)
			s.ack(0)
			s.read("s2", 2, 3, 4)
			s.ack(2, 3, 4)
		}, "gap"},
		"a record that is never read":         {func(s *story) { s.read("s1", 0, 1, 2, 3); s.ack(0, 1, 2, 3) }, "was read up to"},
		"a record that nobody acknowledges":   {func(s *story) { s.read("s1", 0, 1, 2, 3, 4); s.ack(0, 1, 2, 3) }, "was read up to"},
		"a commit of what was not read":       {func(s *story) { s.read("s1", 0, 1); s.ack(0); s.note(wasAsked, 2) }, "not acknowledged"},
		"a commit that goes back":             {func(s *story) { s.read("s1", 0, 1); s.ack(0, 1); s.note(wasSeen, 2); s.note(wasSeen, 1) }, "goes back from 2 to 1"},
		"a record read again by the same one": {func(s *story) { s.read("s1", 0, 1, 1) }, "without a new assignment"},
		"a record read again after its commit": {func(s *story) {
			s.read("s1", 0, 1)
			s.ack(0, 1)
			s.note(wasSeen, 2)
			s.read("s1", 2)
			s.joins = s.now()
			s.read("s1", 1)
		}, "though 2 was committed"},
		"a start before what its position says": {func(s *story) {
			s.read("s1", 0, 1)
			s.ack(0, 1)
			s.starts("s2", 2)
			s.read("s2", 1)
		}, "though its position says that it was read up to 2"},
		"a start before what its position says, which is after what an operator wanted again": {func(s *story) {
			s.again(0, 2)
			s.read("s1", 0, 1, 2)
			s.ack(0, 1, 2)
			s.starts("s2", 3)
			s.read("s2", 2)
		}, "though its position says that it was read up to 3"},
		"a value that nobody wrote": {func(s *story) { s.reads("s1", "a", 0, 0, 1, "2") }, "which nobody wrote"},
		"a record of another place": {func(s *story) { s.reads("s1", "a", 0, 7, 1, "1") }, "not to be seen"},
		"a record of an aborted transaction": {func(s *story) {
			id := s.hand(&number{topic: "a", partition: -1, hidden: true})
			s.append(id)
			s.read("s1", 5)
		}, "not to be seen"},
		"a record that is lost": {func(s *story) {
			id := s.hand(&number{topic: "a", partition: -1})
			s.trying("d1", id, WriterPlan{})
			s.written(id)
		}, "not in the log"},
		"a record that nobody answers for, lost while nothing happens": {func(s *story) {
			over := s.upset(false)
			over()
			time.Sleep(time.Minute)
			id := s.hand(&number{topic: "a", partition: -1})
			s.trying("d1", id, WriterPlan{Unheard: true})
			s.written(id)
		}, "not in the log"},
		"a jump beyond the end that was told": {func(s *story) {
			s.lose("s1", 2)
			s.read("s1", 3, 4)
			s.ack(3, 4)
		}, "gap"},
		"a jump to the end that somebody else was told": {func(s *story) {
			s.lose("s2", 2)
			s.read("s1", 2, 3, 4)
			s.ack(2, 3, 4)
		}, "gap"},
		"a jump to the start of a log, where it should have been to the end": {func(s *story) {
			s.read("s1", 0)
			s.ack(0)
			s.note(wasTrimmed, 2)
			s.lose("s1", 4)
			s.read("s1", 2, 3, 4)
			s.ack(2, 3, 4)
		}, "autoOffsetReset is latest"},
		"a commit beyond the end that was told": {func(s *story) { s.lose("s1", 2); s.note(wasAsked, 3) }, "not acknowledged"},
		"a jump to an end that was told while all was well": {func(s *story) {
			s.tells(inquiry{"s1", s.log}, 2, 5)
			s.read("s1", 2, 3, 4)
			s.ack(2, 3, 4)
		}, "gap"},
		"a gap after what need not be read": {func(s *story) {
			s.waives(s.log, 3)
			s.read("s1", 4)
			s.ack(4)
		}, "gap"},
		"a record in two partitions": {func(s *story) {
			s.belated(time.Now())
			s.appendTo(1, s.write("d1"))
		}, "in the log 2 times"},
		"a record in two partitions of a topic made again, where no request was late": {func(s *story) {
			s.belated(time.Now())
			id := s.write("d1")
			time.Sleep(time.Second)
			s.gone([16]byte{2})
			s.appendTo(1, id)
		}, "in the log 2 times"},
		"a record that is written twice in a topic made again": {func(s *story) {
			id := s.write("d1")
			s.gone([16]byte{2})
			time.Sleep(time.Second)
			s.belated(time.Now())
			s.append(id)
		}, "in the log 2 times"},
		"a record that is written twice":       {func(s *story) { s.append(s.write("d1")) }, "in the log 2 times"},
		"records in the wrong order":           {func(s *story) { s.live[0], s.live[1] = logged{0, 2, "2"}, logged{1, 1, "1"} }, "record 1 after record 2"},
		"a record of another partition":        {func(s *story) { s.numbers[3].partition = 1 }, "belongs to"},
		"a timestamp that belongs to another":  {func(s *story) { s.live[1].number = 1 }, "which nobody wrote"},
		"a reset, after which nothing is read": {func(s *story) { s.read("s1", 0, 1, 2, 3, 4); s.ack(0, 1, 2, 3, 4); s.resets(s.log, 2) }, "was read up to"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStory()
				time.Sleep(time.Minute)
				c.does(s)
				found := s.end()
				if len(found) == 0 || !strings.Contains(strings.Join(found, "\n"), c.want) {
					t.Errorf("found %q, want %q", found, c.want)
				}
			})
		})
	}
}

func TestCheckAllowsWhatOperatorsAndDeathsDo(t *testing.T) {
	for name, does := range map[string]func(s *story){
		"a reset": func(s *story) {
			s.read("s1", 0, 1, 2, 3, 4)
			s.ack(0, 1, 2, 3, 4)
			s.note(wasSeen, 5)
			s.resets(s.log, 1)
			s.note(wasSeen, 1)
			s.read("s2", 1, 2, 3, 4)
			s.ack(1, 2, 3, 4)
		},
		"a reset over records that were not read": func(s *story) {
			s.resets(s.log, 3)
			s.read("s1", 3, 4)
			s.ack(3, 4)
		},
		"records that are deleted": func(s *story) {
			s.note(wasTrimmed, 3)
			s.read("s1", 3, 4)
			s.ack(3, 4)
		},
		"a jump to the end that was told, where the place in a log is lost": func(s *story) {
			s.read("s1", 0)
			s.ack(0)
			s.lose("s1", 3)
			s.note(wasAsked, 3)
			s.read("s1", 3, 4)
			s.ack(3, 4)
			s.note(wasAsked, 5)
			s.note(wasSeen, 5)
		},
		"a jump to the start of a log, where a transaction is open": func(s *story) {
			s.read("s1", 0)
			s.ack(0)
			s.note(wasTrimmed, 2)
			s.refuses(inquiry{"s1", s.log})
			s.tells(inquiry{"s1", s.log}, 5, 2)
			s.tells(inquiry{"s1", s.log}, 2, 2)
			s.read("s1", 2, 3, 4)
			s.ack(2, 3, 4)
		},
		"a start in the midst of what an operator wanted again": func(s *story) {
			s.again(0, 3)
			s.read("s1", 0, 1)
			s.ack(0, 1)
			s.starts("s2", 2)
			s.read("s2", 1, 2, 3, 4)
			s.ack(1, 2, 3, 4)
		},
		"records that were there as a source began at the end": func(s *story) {
			s.waives(s.log, 3)
			s.read("s1", 3, 4)
			s.ack(3, 4)
			s.note(wasAsked, 5)
		},
		"records that it reads though it need not": func(s *story) {
			s.waives(s.log, 3)
			s.read("s1", 1, 2, 3, 4)
			s.ack(1, 2, 3, 4)
		},
		"a record that nobody answers for, lost when something happened": func(s *story) {
			id := s.hand(&number{topic: "a", partition: -1})
			s.trying("d1", id, WriterPlan{Unheard: true})
			s.upset(false)()
			s.written(id)
			s.read("s1", 0, 1, 2, 3, 4)
			s.ack(0, 1, 2, 3, 4)
		},
		"a record that another destination writes again": func(s *story) {
			s.trying("d2", 5, WriterPlan{})
			s.append(5)
			s.read("s1", 0, 1, 2, 3, 4, 5)
			s.ack(0, 1, 2, 3, 4, 5)
		},
		"a record in two partitions of a topic made again, where a request was late": func(s *story) {
			id := s.write("d1")
			s.gone([16]byte{2})
			time.Sleep(time.Second)
			s.belated(time.Now())
			s.appendTo(1, id)
			s.read("s1", 0, 1, 2, 3, 4, 5)
			s.ack(0, 1, 2, 3, 4, 5)
		},
		"a commit that its sender has given up": func(s *story) {
			s.read("s1", 0, 1, 2, 3, 4)
			s.ack(0, 1, 2, 3, 4)
			s.note(wasSeen, 5)
			s.belated(time.Now())
			s.note(wasSeen, 3)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStory()
				does(s)
				is.New(t).Equal(s.end(), []string(nil))
			})
		})
	}
}

func TestCalmIsTheLongestTimeWithoutTrouble(t *testing.T) {
	is := is.New(t)
	spans := []span{{from: 30, to: 40}, {from: 10, to: 20}, {from: 15, to: 18}}
	is.Equal(calm(0, 100, spans), time.Duration(60))
	is.Equal(calm(0, 35, spans), time.Duration(10))
	is.Equal(calm(12, 19, spans), time.Duration(0))
	is.Equal(calm(12, 29, spans), time.Duration(9))
	is.Equal(calm(50, 60, nil), time.Duration(10))
}

func TestHealthCountsABrokerWhereItLeads(t *testing.T) {
	is := is.New(t)
	var h health
	h.leads(0, "a", 0, 1)
	h.leads(10, "a", 0, 2)
	h.coordinates(0, 0)
	h.disturb(span{from: 5, to: 50, node: 1})
	is.Equal(h.reading(seat{"a", 0}), []span{{from: 5, to: 10}})
	h.disturb(span{from: 60, to: 70, node: 0})
	is.Equal(h.reading(seat{"a", 0}), []span{{from: 5, to: 10}, {from: 60, to: 70}}) // the coordinator
	is.Equal(h.writing(), []span{{from: 5, to: 10}})
}
