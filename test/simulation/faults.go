package simulation

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

// fault is a kind of event.
type fault struct {
	name   string
	weight int
	do     func(w *World, e Event)
}

// faults are filled in when the program starts: what they do leads back to the list.
var faults []fault

func init() {
	faults = []fault{
		{"cut", 6, (*World).cut},
		{"cut in", 6, (*World).cutInside},
		{"link freezes", 3, (*World).freezeLink},
		{"half open", 2, (*World).halfOpen},
		{"slow", 2, (*World).slow},
		{"down", 2, (*World).down},
		{"freeze", 3, (*World).freeze},
		{"unplug", 2, (*World).unplug},
		{"cut off", 3, (*World).isolate},
		{"move", 5, (*World).move},
		{"move all", 2, (*World).moveAll},
		{"coordinator", 3, (*World).moveCoordinator},
		{"refuse", 8, (*World).refuse},
		{"refuse any", 3, (*World).refuseAny},
		{"answer lost", 4, (*World).lieAbout},
		{"out of range", 2, (*World).outOfRange},
		{"throttle", 2, (*World).throttle},
		{"crc", 5, (*World).crc},
		{"crc for good", 2, (*World).crcForGood},
		{"no leader", 2, (*World).takeLeader},
		{"commit", 3, (*World).transaction},
		{"abort", 3, (*World).abortedTransaction},
		{"open", 2, (*World).openTransaction},
		{"recreate", 3, (*World).recreate},
		{"delete", 2, (*World).deleteForAWhile},
		{"grow", 2, (*World).grow},
		{"trim", 2, (*World).deleteRecords},
		{"reader", 6, (*World).restartReader},
		{"join", 4, (*World).joinOrLeave},
		{"reader freezes", 2, (*World).freezeReader},
		{"writer", 5, (*World).restartWriter},
		{"writer freezes", 1, (*World).freezeWriter},
		{"reset", 2, (*World).reset},
		{"sink slow", 2, (*World).slowSinks},
		{"sink stuck", 2, (*World).stickSinks},

		// Those of no weight come where a plan asks for them.
		{"ending", 0, (*World).ending},
		{"trim unread", 0, (*World).trimUnread},
		{"fetches late", 0, (*World).fetchesLate},
		{"strike", 0, (*World).strikeLater},
		{"end", 0, (*World).endCopier},
	}
}

func (w *World) happen(e Event) {
	for _, f := range faults {
		if f.name == e.Name {
			w.say("EVENT %s", e)
			over := w.book.upset(f.name == "cut in" || f.name == "half open")
			f.do(w, e)
			over()
		}
	}
}

// disturbed notes that something is not well from now on.
func (w *World) disturbed(d time.Duration, s span) {
	s.from, s.to = w.now(), w.now()+d
	w.health.disturb(s)
}

var all = span{node: -1}

func (w *World) broker(x uint64) int32 { return int32(x % brokers) }

func (w *World) topic(x uint64) string { return w.plan.Topics[x%uint64(len(w.plan.Topics))] }

func (w *World) partition(topic string, x uint64) int32 {
	return int32(x % uint64(w.health.partitions(topic)))
}

func (w *World) someLink(x uint64) *link {
	links := w.net.Links()
	if len(links) == 0 {
		return nil
	}
	return links[x%uint64(len(links))]
}

func (w *World) cut(e Event) {
	if l := w.someLink(e.A); l != nil {
		w.say("  cut %s", l.id)
		l.reset()
	}
}

// cutInside cuts a connection when a few more bytes of a request or of an answer have
// passed.
func (w *World) cutInside(e Event) {
	if l := w.someLink(e.A); l != nil {
		w.say("  cut %s after %d bytes of an %s", l.id, e.C%2000, [...]string{"answer", "request"}[e.B%2])
		half := l.client.in
		if e.B%2 == 1 {
			half = l.server.in
		}
		half.cutIn(int(e.C%2000), l.reset)
	}
}

func (w *World) freezeLink(e Event) {
	if l := w.someLink(e.A); l != nil {
		w.say("  %s freezes", l.id)
		w.disturbed(min(e.For, 10*time.Second), all)
		l.hold(time.Now().Add(e.For))
		w.sleep(e.For) // until what is on its way has arrived
	}
}

func (w *World) halfOpen(e Event) {
	if l := w.someLink(e.A); l != nil {
		w.say("  %s is half open", l.id)
		w.disturbed(10*time.Second, all)
		l.hold(time.Now().Add(forever))
	}
}

func (w *World) slow(e Event) {
	w.disturbed(e.For, all)
	w.net.Slow(int64(2 + e.A%60))
	w.sleep(e.For)
	w.net.Slow(1)
}

// trouble is a broker that is in trouble for a while. The others lead what it leads
// after some seconds, unless they don't notice.
func (w *World) trouble(e Event, begin, end func(node int32)) {
	node := w.broker(e.A)
	w.say("  broker %d", node)
	w.disturbed(e.For, span{node: node})
	w.troubled(node, 1)
	defer w.troubled(node, -1)
	begin(node)
	notice := time.Duration(500+e.B%4500) * time.Millisecond
	if e.C%4 > 0 && notice < e.For {
		w.sleep(notice)
		w.takeOver(node, e.C)
		w.sleep(e.For - notice)
	} else {
		w.sleep(e.For)
	}
	end(node)
}

func (w *World) troubled(node int32, n int) {
	w.mu.Lock()
	w.troubles[node] += n
	w.mu.Unlock()
}

// takeOver has the other brokers lead what one leads.
func (w *World) takeOver(node int32, x uint64) {
	w.say("  the others take over from broker %d", node)
	other := func() int32 {
		x = x*6364136223846793005 + 1442695040888963407
		return (node + 1 + int32(x>>33%(brokers-1))) % brokers
	}
	for _, topic := range w.plan.Topics {
		for _, p := range w.fake.PartitionInfos(topic) {
			if p.Leader == node {
				w.lead(topic, p.Partition, other())
			}
		}
	}
	if w.fake.CoordinatorFor(groupID) == node {
		w.coordinate(other())
	}
}

func (w *World) down(e Event) {
	w.trouble(e, func(n int32) { w.net.Down(address(n), true) }, func(n int32) { w.net.Down(address(n), false) })
}

func (w *World) freeze(e Event) {
	w.trouble(e, func(n int32) { w.net.Freeze(address(n), e.For, false) }, func(int32) {})
}

func (w *World) unplug(e Event) {
	w.trouble(e, func(n int32) { w.net.Freeze(address(n), e.For, true) }, func(int32) {})
}

func (w *World) isolate(e Event) {
	e.C |= 1 // the others do notice
	var r *rule
	w.trouble(e, func(n int32) { r = w.cutOff(n, e.B%2 == 0) }, func(int32) { w.drop(r) })
}

func (w *World) move(e Event) {
	topic := w.topic(e.A)
	w.lead(topic, w.partition(topic, e.B), w.broker(e.C))
}

func (w *World) moveAll(e Event) {
	r := rand.New(rand.NewPCG(e.A, e.B))
	for _, topic := range w.plan.Topics {
		for p := range w.health.partitions(topic) {
			w.lead(topic, p, r.Int32N(brokers))
		}
	}
}

func (w *World) moveCoordinator(e Event) { w.coordinate(w.broker(e.A)) }

// refuse answers one kind of request with an error that passes: once, some times, or
// for a while.
func (w *World) refuse(e Event) {
	api := refusable[e.A%uint64(len(refusable))]
	code := api.codes[e.B%uint64(len(api.codes))]
	w.say("  %s: %s", api.key.Name(), code.Message)
	w.refusing(e, api.key, code.Code)
}

// refuseAny answers with any code, which may end a source.
func (w *World) refuseAny(e Event) {
	api := refusable[e.A%uint64(len(refusable))]
	codes := embedded.Codes()
	code := codes[e.B%uint64(len(codes))]
	if code == kerr.DuplicateSequenceNumber.Code {
		return // it says that the batch is in the log
	}
	w.say("  %s: %d", api.key.Name(), code)
	if !slices.Contains(sourceRequests, api.key) {
		w.letEnd(e.For + 45*time.Second)
	}
	if api.key == kmsg.Fetch && code == kerr.OffsetOutOfRange.Code {
		w.loosen("", -1)
	}
	w.refusing(e, api.key, code)
}

func (w *World) refusing(e Event, key kmsg.Key, code int16) {
	w.disturbed(e.For, all)
	left := [...]int{1, 3, 1 << 30}[e.C%3]
	r := w.obey("refuse", func(_ int32, req kmsg.Request) (kmsg.Response, bool) {
		if req.Key() != key.Int16() || left == 0 {
			return nil, false
		}
		if p, ok := req.(*kmsg.ProduceRequest); ok && p.Acks == 0 {
			return nil, false
		}
		if res := sessionLost(req); res != nil {
			return res, true
		}
		left--
		return refusal(req, code), true
	})
	w.sleep(e.For)
	w.drop(r)
}

// sleep waits, but no longer than the run lasts.
func (w *World) sleep(d time.Duration) { time.Sleep(d) }
