package fetch

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/matryer/is"
	kafkago "github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
)

// named lists the partitions in a request, as topic/partition@offset, and those that it
// drops, as -topic/partition.
func named(req *request) []string {
	var out []string
	for _, t := range req.topics {
		for _, p := range t.partitions {
			out = append(out, fmt.Sprintf("%s/%d@%d", t.name, p.id, p.offset))
		}
	}
	for _, t := range req.forgotten {
		for _, p := range t.partitions {
			out = append(out, fmt.Sprintf("-%s/%d", t.name, p))
		}
	}
	slices.Sort(out)
	return out
}

// inSession returns a Fetcher as still does, with a second partition that is read at
// offset 0, whose broker has a session about both: of each it has told a high watermark.
func inSession(t *testing.T) (*Fetcher, *broker, *partition) {
	t.Helper()
	f, b, p := still(t)
	f.Add([]Start{{Topic: topic, Partition: 1, LeaderEpoch: -1}})
	f.move(f.of(topic, 1), 1, 4)
	req := f.request(b)
	is.New(t).Equal(named(req), []string{"t/0@5", "t/1@0"})
	respondTo(f, b, req, response{session: 7, partitions: []partitionResponse{
		{topic: topic, highWatermark: 5, preferred: -1},
		{topic: topic, id: 1, highWatermark: 0, preferred: -1},
	}})
	return f, b, p
}

func respondTo(f *Fetcher, b *broker, req *request, res response) []fetched {
	b.session.answered(req, res.session)
	sets, _ := f.accept(b, req, res)
	return sets
}

func records(id int32, at int64) partitionResponse {
	return partitionResponse{topic: topic, id: id, highWatermark: at + 1, preferred: -1, set: batch(at, at, "a")}
}

func TestSessionNamesOnlyWhatHasChanged(t *testing.T) {
	is := is.New(t)
	f, b, p := inSession(t)
	for epoch := range int32(3) {
		req := f.request(b)
		is.Equal(named(req), nil)
		is.Equal([]int32{req.session, req.sessionEpoch}, []int32{7, epoch + 1})
		is.Equal(len(respondTo(f, b, req, response{session: 7})), 0)
	}
	p.offset++
	is.Equal(named(f.request(b)), []string{"t/0@6"})
	p.maxBytes *= 2 // a batch is larger
	is.Equal(named(f.request(b)), []string{"t/0@6"})
	is.Equal(named(f.request(b)), nil)
	f.rewind(fetched{asked: p.ask()}, 6, 3, errors.New("broken")) // it is the same offset, and another question
	is.Equal(named(f.request(b)), []string{"t/0@6"})
}

func TestSessionForgetsWhatIsNotReadAnyMore(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Fetcher)
		want   []string
	}{
		"it is removed":                {func(f *Fetcher) { f.Remove(topic, 1) }, []string{"-t/1"}},
		"it moves":                     {func(f *Fetcher) { f.move(f.of(topic, 1), 2, 5) }, []string{"-t/1"}},
		"it is removed and comes back": {func(f *Fetcher) { f.add(1, 3) }, []string{"t/1@3"}},
		"it moves and comes back": {func(f *Fetcher) {
			f.move(f.of(topic, 1), 2, 5)
			f.move(f.of(topic, 1), 1, 6)
		}, []string{"t/1@0"}},
		"it is removed, another comes": {func(f *Fetcher) { f.Remove(topic, 1); f.add(2, 4) }, []string{"-t/1", "t/2@4"}},
		"it moves, and is as before": {func(f *Fetcher) {
			f.move(f.of(topic, 1), 2, 5)
			f.move(f.of(topic, 1), 1, 4)
		}, nil},
		"the other one is fetched from": {func(f *Fetcher) { f.of(topic, 0).offset++ }, []string{"t/0@6"}},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			f, b, _ := inSession(t)
			c.change(f)
			is.Equal(named(f.request(b)), c.want)
			is.Equal(named(f.request(b)), nil)
		})
	}
}

// byID is inSession in a cluster that has topic IDs.
func byID(t *testing.T) (*Fetcher, *broker, *partition) {
	t.Helper()
	f, b, p := still(t)
	f.Add([]Start{{Topic: topic, Partition: 1, LeaderEpoch: -1}})
	f.move(f.of(topic, 1), 1, 4)
	for id := range int32(2) {
		f.identify(f.of(topic, id), cluster.Topic{ID: cluster.TopicID{1}})
	}
	req := f.request(b)
	is := is.New(t)
	is.Equal(named(req), []string{"t/0@5", "t/1@0"})
	is.Equal(len(req.topics), 1)
	is.True(req.byID)
	b.session.answered(req, 7)
	f.accept(b, req, response{session: 7, partitions: []partitionResponse{
		{topicID: cluster.TopicID{1}, highWatermark: 5, preferred: -1},
		{topicID: cluster.TopicID{1}, id: 1, highWatermark: 0, preferred: -1},
	}})
	return f, b, p
}

func TestSessionByTopicIDNamesAndForgetsByIt(t *testing.T) {
	is := is.New(t)
	f, b, p := byID(t)
	req := f.request(b)
	is.Equal(named(req), nil)
	is.True(req.byID)
	p.offset++
	f.Remove(topic, 1)
	req = f.request(b)
	is.Equal(named(req), []string{"-t/1", "t/0@6"})
	is.Equal(req.topics[0].id, cluster.TopicID{1})
	is.Equal(req.forgotten[0].id, cluster.TopicID{1})
	is.Equal(req.sessionEpoch, int32(1))
}

// A broker goes on with the former topic in a session that has it by its ID.
func TestSessionIsBegunAgainForATopicThatWasMadeAgain(t *testing.T) {
	is := is.New(t)
	f, b, p := byID(t)
	f.identify(p, cluster.Topic{ID: cluster.TopicID{2}})
	p.restart(0)
	f.move(p, 1, 0)
	req := f.request(b)
	is.Equal(named(req), []string{"t/0@0", "t/1@0"})
	is.Equal([]int32{req.session, req.sessionEpoch}, []int32{7, 0})
	is.Equal(len(req.topics), 2) // of the same name
	sets := respondTo(f, b, req, response{session: 8, partitions: []partitionResponse{
		{topicID: cluster.TopicID{1}, highWatermark: 1, preferred: -1, set: batch(0, 0, "former")},
		{topicID: cluster.TopicID{2}, highWatermark: 2, preferred: -1, set: batch(0, 0, "new")},
	}})
	is.Equal(len(sets), 1)
	is.Equal(sets[0].set, batch(0, 0, "new"))
	p.offset++
	is.Equal(len(f.request(b).topics), 1) // and goes on
}

// A partition whose topic has no ID, as where brokers are older, can't be in a session by
// ID with the others.
func TestSessionIsBegunAgainWhereOneTopicHasNoID(t *testing.T) {
	is := is.New(t)
	f, b, _ := byID(t)
	f.Add([]Start{{Topic: "u", LeaderEpoch: -1}})
	u := f.of("u", 0)
	f.move(u, 1, 4)
	req := f.request(b)
	is.True(!req.byID)
	_, last := req.Versions()
	is.Equal(last, int16(12))
	is.Equal(req.sessionEpoch, int32(0))
	is.Equal(named(req), []string{"t/0@5", "t/1@0", "u/0@0"})
	b.session.answered(req, 8)
	req = f.request(b)
	is.Equal([]int32{req.session, req.sessionEpoch}, []int32{8, 1})
	f.identify(u, cluster.Topic{ID: cluster.TopicID{3}})
	req = f.request(b)
	is.True(req.byID)
	is.Equal(req.sessionEpoch, int32(0))
}

// Metadata that names no ID says of one from a position nothing.
func TestFetchIsByNameWhereMetadataHasNoID(t *testing.T) {
	is := is.New(t)
	f, b, p := still(t) // which has an ID
	f.identify(p, cluster.Topic{})
	is.True(!f.request(b).byID)
}

// Whatever a broker gives for another ID is not what was asked for, though it has the
// partition's number, or its topic's name.
func TestAnswerForAnotherTopicIDIsDropped(t *testing.T) {
	is := is.New(t)
	f, b, p := byID(t)
	for _, id := range []cluster.TopicID{{9}, {}} {
		r := records(0, 5)
		r.topic, r.topicID = "", id
		is.Equal(len(respondTo(f, b, f.request(b), response{session: 7, partitions: []partitionResponse{r}})), 0)
	}
	is.Equal(p.offset, int64(5))
}

// add begins to read a partition from broker 1.
func (f *Fetcher) add(id int32, offset int64) {
	f.Add([]Start{{Topic: topic, Partition: id, Offset: offset, LeaderEpoch: -1}})
	f.move(f.of(topic, id), 1, 4)
}

// A session answers what was asked last, not what is asked by now.
func TestSessionAnswerToAnotherQuestionIsDropped(t *testing.T) {
	is := is.New(t)
	f, b, p := inSession(t)
	req := f.request(b) // names nothing
	f.rewind(fetched{asked: p.ask()}, 3, 3, errors.New("broken"))
	is.Equal(len(respondTo(f, b, req, response{session: 7, partitions: []partitionResponse{records(0, 5)}})), 0)
	is.Equal(p.offset, int64(3))
	b.busy = false
	is.Equal(named(f.request(b)), []string{"t/0@3"})
}

// News that were of no use are asked for again, though the question is the old one.
func TestSessionAsksAgainAfterAnErrorAndADroppedAnswer(t *testing.T) {
	for name, apply := range map[string]func(*Fetcher, *broker, *partition, *request){
		"an error": func(f *Fetcher, b *broker, p *partition, req *request) {
			respondTo(f, b, req, response{session: 7, partitions: []partitionResponse{{topic: topic, err: int16(kafkago.NotLeaderForPartition)}}})
			f.move(p, 1, 4)
		},
		"an answer at the wrong time": func(f *Fetcher, b *broker, p *partition, req *request) {
			f.free(p)
			respondTo(f, b, req, response{session: 7, partitions: []partitionResponse{records(0, 5)}})
			f.move(p, 1, 4)
		},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			f, b, p := inSession(t)
			apply(f, b, p, f.request(b))
			b.busy = false
			is.Equal(named(f.request(b)), []string{"t/0@5"})
		})
	}
}

// Silence is an answer: there is nothing new.
func TestSessionSilenceConfirmsWhatItHasTold(t *testing.T) {
	is := is.New(t)
	f, b, p := inSession(t)
	told := f.seenAt(p)
	p.near = nearReplica{node: 1, until: time.Now()} // it has come back as a replica
	p.rewinds++
	p.misses = 3
	time.Sleep(time.Millisecond)
	respondTo(f, b, f.request(b), response{session: 7})
	is.Equal(p.misses, 0)
	is.True(p.near.answered)
	is.Equal(p.watermark, int64(5))
	for _, w := range f.Watermarks() {
		is.True(w.AsOf.After(told)) // also of the one that was not named
	}
	is.True(f.of(topic, 1).seenAt.Before(p.seenAt)) // which was not touched for it
}

// A broker that gives no answer about a partition at all does not keep it.
func TestSessionThatNeverMentionsAPartitionLosesIt(t *testing.T) {
	is := is.New(t)
	f, b, _ := inSession(t)
	f.add(2, 0)
	p := f.of(topic, 2)
	for range maxUnheardOf + 1 {
		is.Equal(p.state, fetching)
		respondTo(f, b, f.request(b), response{session: 7})
	}
	is.Equal(p.state, routing)
	is.Equal(f.of(topic, 1).state, fetching)
}

// Kafka answers a throttled request without having looked.
func TestThrottledAnswerIsNotSilence(t *testing.T) {
	for _, session := range []int32{0, 7} {
		t.Run(fmt.Sprint("session ", session), func(t *testing.T) {
			is := is.New(t)
			f, b, p := still(t)
			if session != 0 {
				f, b, p = inSession(t)
				p.offset++
			}
			p.misses = 2
			told := f.seenAt(p)
			req := f.request(b)
			respondTo(f, b, req, response{session: session, throttle: time.Second})
			is.Equal(p.state, fetching)
			is.Equal(p.misses, 2)
			is.Equal(f.seenAt(p), told)
			if req = f.request(b); session == 0 {
				is.Equal(named(req), []string{"t/0@5"})
			} else {
				is.Equal(named(req), nil)
			}
			respondTo(f, b, req, response{session: session, partitions: []partitionResponse{{topic: topic, highWatermark: 8, preferred: -1}}})
			is.Equal(p.misses, 0)
		})
	}
}

// Not every broker lets partitions take turns in a session: the first of a request may
// fill each answer.
func TestSessionNamesAllWhileMoreComes(t *testing.T) {
	is := is.New(t)
	f, b, _ := inSession(t)
	respondTo(f, b, f.request(b), response{session: 7, partitions: []partitionResponse{records(0, 5)}})
	req := f.request(b)
	is.Equal(named(req), []string{"t/0@6", "t/1@0"})
	is.Equal(req.sessionEpoch, int32(2))
	respondTo(f, b, req, response{session: 7}) // and silence says the same as ever
	is.Equal(named(f.request(b)), nil)
	for id := range int32(10) {
		f.add(2+id, 0)
	}
	f.request(b)
	respondTo(f, b, f.request(b), response{session: 7, partitions: []partitionResponse{records(0, 6)}})
	is.Equal(named(f.request(b)), []string{"t/0@7"}) // which is less than twelve of them take
}

func TestSessionIsBegunAgain(t *testing.T) {
	failure := func(code kafkago.Error) error { return fmt.Errorf("fetch: %w", code) }
	for name, c := range map[string]struct {
		from      session
		err       error // of a request; nil: it is answered
		id        int32 // with this
		want      session
		onlyItIs  bool // it is not the broker that failed
		wholeNext bool
	}{
		"given":                      {session{}, nil, 7, session{id: 7, epoch: 1}, false, false},
		"not given":                  {session{}, nil, 0, session{}, false, true},
		"used":                       {session{id: 7, epoch: 1, vain: 2}, nil, 7, session{id: 7, epoch: 2}, false, false},
		"ended":                      {session{id: 7, epoch: 5}, nil, 0, session{}, false, true},
		"another one":                {session{id: 7, epoch: 5}, nil, 8, session{id: 8, epoch: 1}, false, false},
		"used very often":            {session{id: 7, epoch: math.MaxInt32}, nil, 7, session{id: 7, epoch: 1}, false, false},
		"thrown out":                 {session{id: 7, epoch: 5}, failure(kafkago.FetchSessionIDNotFound), 0, session{}, true, true},
		"out of step":                {session{id: 7, epoch: 5}, failure(kafkago.InvalidFetchSessionEpoch), 0, session{id: 7}, true, true},
		"the connection breaks":      {session{id: 7, epoch: 5}, errors.New("reset"), 0, session{id: 7}, false, true},
		"the broker refuses":         {session{id: 7, epoch: 5}, failure(kafkago.TopicAuthorizationFailed), 0, session{id: 7}, false, true},
		"lost before use":            {session{id: 7, epoch: 1}, failure(kafkago.FetchSessionIDNotFound), 0, session{vain: 1}, true, true},
		"lost each time before use":  {session{id: 7, epoch: 1, vain: 2}, failure(kafkago.FetchSessionIDNotFound), 0, session{vain: 3, none: true}, true, true},
		"refused as such":            {session{}, failure(kafkago.FetchSessionIDNotFound), 0, session{vain: 1, none: true}, true, true},
		"refused where none is used": {session{none: true}, failure(kafkago.FetchSessionIDNotFound), 0, session{none: true}, false, true},
		"not asked for":              {session{none: true}, nil, 9, session{none: true}, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			s, req := c.from, &request{}
			s.sign(req)
			if c.err != nil {
				is.Equal(s.failed(req, c.err), c.onlyItIs)
			} else {
				s.answered(req, c.id)
			}
			is.Equal(s, c.want)
			is.Equal(s.whole(), c.wholeNext)
		})
	}
}
