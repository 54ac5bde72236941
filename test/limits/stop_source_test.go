package limits_test

import (
	"context"
	"strings"
	"testing"
	"time"

	sdk "github.com/conduitio/conduit-connector-sdk"
	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

const records = 30

// stopped is a source that is to be stopped in some state.
type stopped struct {
	*world
	ctx context.Context
	src sdk.Source

	opening *call
	others  []func() // end other members of its group
}

// sourceState is a state, and how a source gets into it.
type sourceState struct {
	settings settings
	secure   bool
	before   func(s *stopped) // it is opened
	reads    bool             // all records, and acknowledges them
	after    func(s *stopped) // it has read, or has been opened
	commits  bool             // what it has acknowledged can be committed
}

var sourceStates = map[string]sourceState{
	"opening, brokers refuse connections": {before: func(s *stopped) { s.down() }},
	"opening, brokers are frozen":         {before: func(s *stopped) { s.freeze() }},
	"opening, brokers are unplugged":      {before: func(s *stopped) { s.unplug() }},
	"opening, no metadata":                {before: func(s *stopped) { s.silence(kmsg.Metadata) }},
	"opening, no login":                   {secure: true, before: func(s *stopped) { s.silence(kmsg.SASLAuthenticate) }},
	"opening, no ends of logs": {
		settings: settings{"readFromBeginning": "false"}, before: func(s *stopped) { s.silence(kmsg.ListOffsets) },
	},
	"opening, no coordinator":     {before: func(s *stopped) { s.silence(kmsg.FindCoordinator) }},
	"looking for the coordinator": {after: func(s *stopped) { s.refuse(15, kmsg.FindCoordinator, kmsg.Heartbeat) }},
	"joining, no answer":          {before: func(s *stopped) { s.silence(kmsg.JoinGroup) }},
	"joining, refused":            {before: func(s *stopped) { s.refuse(16, kmsg.JoinGroup) }},
	"joining, no assignment":      {before: func(s *stopped) { s.silence(kmsg.SyncGroup) }},
	"joining, a member is silent": {settings: patient, before: func(s *stopped) { s.member("a"); s.host("a").Freeze(time.Hour) }},
	"joining again, one is silent": {settings: patient, reads: true, commits: true, after: func(s *stopped) {
		s.member("a")
		s.host("a").Freeze(time.Hour)
		s.member("b")
	}},
	"starting, no offsets":        {before: func(s *stopped) { s.silence(kmsg.OffsetFetch) }},
	"starting, no ends of logs":   {before: func(s *stopped) { s.silence(kmsg.ListOffsets) }},
	"starting, refused":           {before: func(s *stopped) { s.refuse(6, kmsg.ListOffsets) }},
	"fetching":                    {reads: true, commits: true},
	"fetching, with much to take": {after: func(*stopped) {}},
	"fetching, no answer":         {reads: true, commits: true, after: func(s *stopped) { s.silence(kmsg.Fetch) }},
	"backing off":                 {reads: true, commits: true, after: func(s *stopped) { s.refuse(6, kmsg.Fetch) }},
	"backing off, no leaders":     {reads: true, commits: true, after: func(s *stopped) { s.refuse(6, kmsg.Fetch); s.silence(kmsg.Metadata) }},
	"brokers refuse connections":  {reads: true, after: func(s *stopped) { s.down() }},
	"brokers are frozen":          {reads: true, after: func(s *stopped) { s.freeze() }},
	"brokers are unplugged":       {reads: true, after: func(s *stopped) { s.unplug() }},
	"committing, no answer":       {reads: true, after: func(s *stopped) { s.silence(kmsg.OffsetCommit) }},
	"committing, refused":         {reads: true, after: func(s *stopped) { s.refuse(14, kmsg.OffsetCommit) }},
	"committing by number, no answer": {
		settings: settings{"commitOffsetsSize": "1"}, before: func(s *stopped) { s.silence(kmsg.OffsetCommit) }, reads: true,
	},
	"leaving, no answer":    {reads: true, commits: true, after: func(s *stopped) { s.silence(kmsg.LeaveGroup) }},
	"leaving, refused":      {reads: true, commits: true, after: func(s *stopped) { s.refuse(15, kmsg.LeaveGroup) }},
	"heartbeats, no answer": {reads: true, commits: true, after: func(s *stopped) { s.silence(kmsg.Heartbeat) }},
	"out of the group":      {reads: true, after: func(s *stopped) { s.refuse(25, kmsg.Heartbeat, kmsg.JoinGroup) }},
	"at its limit":          {settings: settings{"maxUncommitted": "5"}},
	"throttled": {reads: true, commits: true, after: func(s *stopped) {
		s.answer(func(req kmsg.Request) kmsg.Response {
			res := embedded.Refusal(req, 6).(*kmsg.FetchResponse)
			res.ThrottleMillis = int32(time.Hour.Milliseconds())
			return res
		}, kmsg.Fetch)
	}},
	"a static member":            {settings: settings{"groupInstanceID": "a"}, reads: true, commits: true},
	"authenticating again":       {secure: true, reads: true, after: func(s *stopped) { s.silence(kmsg.SASLAuthenticate) }},
	"authenticating, no sending": {secure: true, reads: true, after: func(s *stopped) { s.silence(kmsg.SASLAuthenticate, kmsg.Fetch) }},
}

// patient is a group that waits for its members for longer than a test takes.
var patient = settings{"sessionTimeout": "5m", "rebalanceTimeout": "5m"}

// member has another member join the group.
func (s *stopped) member(name string) {
	ctx, src := s.source(name, patient)
	is.New(s.T).NoErr(src.Open(ctx, nil))
	s.others = append(s.others, func() { is.New(s.T).NoErr(src.Teardown(ctx)) })
	time.Sleep(10 * time.Second)
}

func TestSourceStopsInTimeInEachState(t *testing.T) {
	stopInEach(t, sourceStates)
}

func (c sourceState) stop(t *testing.T, name string, forced bool) {
	is := is.New(t)
	s := &stopped{world: newWorld(t)}
	s.fill(records)
	if c.secure {
		s.admit(20 * time.Second)
	}
	s.ctx, s.src = s.source("source", c.settings)
	if c.before != nil {
		c.before(s)
	}
	s.opening = start(func() error { return s.src.Open(s.ctx, nil) })
	if c.reads {
		is.NoErr(s.opening.within(time.Minute))
		for n := 0; n < records; {
			got, err := s.src.ReadN(s.ctx, records)
			is.NoErr(err)
			for _, r := range got {
				is.NoErr(s.src.Ack(s.ctx, r.Position))
				n++
			}
		}
	} else {
		time.Sleep(3 * time.Second)
	}
	if c.after != nil {
		c.after(s)
	}
	reading := start(s.read)
	if running := s.opening.running(); running != strings.HasPrefix(name, "opening") {
		t.Fatalf("Open runs: %v, %v", running, s.opening.err)
	} else if !running {
		time.Sleep(25 * time.Second) // sessions end, and what fails is waited for
	}
	_ = stopInTime(s.ctx, t, forced, s.src.Teardown, map[string]*call{"Open": s.opening, "ReadN": reading})
	s.heal()
	if got := s.committed(); c.commits {
		is.Equal(got, int64(records))
	} else {
		t.Logf("%d of %d records are committed", got, records)
	}
	for _, end := range s.others {
		end()
	}
}

// read reads, once the source is open, until that is over.
func (s *stopped) read() error {
	<-s.opening.done
	if s.opening.err != nil {
		return nil
	}
	for {
		if _, err := s.src.ReadN(s.ctx, 1); err != nil {
			return err
		}
		time.Sleep(time.Second)
	}
}
