package simulation

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// rate counts the requests of a kind that a host sends in a window.
type rate struct {
	window time.Duration
	n      int
	told   bool
}

// rateWindow is what requests are counted over.
const rateWindow = 5 * time.Second

// limits are how many requests of each kind a process may send in a second.
var limits = map[kmsg.Key]int{
	kmsg.Fetch: 150, kmsg.Produce: 300, kmsg.OffsetCommit: 60, kmsg.ApiVersions: 60,
	kmsg.AddPartitionsToTxn: 600, kmsg.EndTxn: 150, // asked each millisecond while the markers of the one before are written
	kmsg.Metadata: 150, kmsg.InitProducerID: 150, kmsg.CreateTopics: 150, // one for each Write that fails
}

const otherLimit = 40

// count is called with each request of a host, before it is sent.
func (w *World) count(l *link, r request) {
	host := l.host.name
	if host == w.admin.name {
		return
	}
	if kmsg.Key(r.key) == kmsg.LeaveGroup && w.settingsOf(host)["groupInstanceID"] != "" {
		w.book.wrong("%s leaves the group at %s, though it has a groupInstanceID", host, seconds(w.now()))
	}
	key := host + " " + kmsg.NameForKey(r.key)
	limit, ok := limits[kmsg.Key(r.key)]
	if !ok {
		limit = otherLimit
	}
	limit *= int(rateWindow / time.Second)
	w.mu.Lock()
	w.requests++
	c := w.counts[key]
	if c == nil {
		c = new(rate)
		w.counts[key] = c
	}
	if now := w.now() / rateWindow; c.window != now {
		c.window, c.n = now, 0
	}
	c.n++
	over := c.n > limit && !c.told
	c.told = c.told || over
	w.mu.Unlock()
	if over {
		w.book.wrong("spin at %s: %s sends more than %d %s in %s", seconds(w.now()), host, limit, kmsg.NameForKey(r.key), rateWindow)
	}
}

// fed takes a fetch that brings records out of the count: a source with much before it
// may ask as fast as it is answered.
func (w *World) fed(host string, version int16, frame []byte) {
	records := 0
	w.parts(version, frame, func(p part) { records += len(p.records) })
	if records == 0 {
		return
	}
	w.mu.Lock()
	if c := w.counts[host+" "+kmsg.NameForKey(kmsg.Fetch.Int16())]; c != nil {
		c.n--
	}
	w.mu.Unlock()
}

// mayHaveEnded notes a source that ended although nothing gives it a reason to.
func (w *World) mayHaveEnded(who string, err error) {
	w.say("%s ends: %v", who, err)
	w.mu.Lock()
	reason, ok := w.reasons[who]
	allowed := time.Now().Before(w.mayEnd) || ok && time.Since(reason) < standstill
	w.mu.Unlock()
	if errors.Is(err, kafkago.OffsetOutOfRange) && w.policy() == "error" {
		allowed = allowed || w.book.lostIn(err)
	}
	w.call(err)
	if !allowed {
		w.book.wrong("%s at %s ends: %v", who, seconds(w.now()), err)
	}
}

// letEnd allows sources to end for a time.
func (w *World) letEnd(d time.Duration) {
	w.mu.Lock()
	w.mayEnd = later(w.mayEnd, time.Now().Add(d))
	w.mu.Unlock()
}

// watch looks at the group from time to time, until the context ends.
func (w *World) watch(ctx context.Context, polling chan struct{}) {
	known := make(map[logID]int64)
	for i := 0; pause(ctx, 250*time.Millisecond) == nil; i++ {
		polling <- struct{}{}
		w.look(known)
		<-polling
		if i%16 == 15 {
			w.reap()
		}
	}
}

// look notes which offsets the group has.
func (w *World) look(known map[logID]int64) {
	topics, err := w.committed()
	if err != nil {
		return
	}
	for _, t := range topics {
		for _, p := range t.Partitions {
			if p.Offset < 0 || p.ErrorCode != 0 {
				continue
			}
			log := w.notedFor(t.Topic, p)
			if at, ok := known[log]; !ok || at != p.Offset {
				known[log] = p.Offset
				w.book.note(entry{kind: wasSeen, log: log, offset: p.Offset, high: highOf(p.Metadata)})
			}
		}
	}
}

// highOf is how far a commit's note says that the group had been in the log before.
func highOf(note *string) (high int64) {
	if note != nil {
		if _, after, ok := strings.Cut(*note, " high="); ok {
			_, _ = fmt.Sscan(after, &high)
		}
	}
	return high
}

// notedFor is the log that an offset of the group is for.
func (w *World) notedFor(topic string, p kmsg.OffsetFetchResponseGroupTopicPartition) logID {
	if p.Metadata == nil || *p.Metadata == "" {
		return w.operated(topic, p.Partition)
	}
	return w.logOf(topic, p.Partition, *p.Metadata)
}

// silence is how long a member may not be heard of: a session, and a join that the
// coordinator holds back.
const silence = 16 * time.Second

// reap takes members out of the group that are gone. The embedded cluster should do
// that; but where a connection is dead when the answer to a join or a sync is due, it
// forgets to watch over the member's session, and keeps its partitions for ever.
func (w *World) reap() {
	g, err := w.members()
	if err != nil {
		return
	}
	limit := silence
	if w.plan.byCoordinator() {
		w.renew()
		limit = serverSilence
	}
	var gone []string
	w.mu.Lock()
	for _, m := range g.Members {
		if at, ok := w.seen[m.MemberID]; !ok {
			w.seen[m.MemberID] = time.Now()
		} else if time.Since(at) > limit {
			gone = append(gone, m.MemberID)
		}
	}
	w.mu.Unlock()
	if w.stuck(g) {
		gone = nil
		for _, m := range g.Members {
			gone = append(gone, m.MemberID)
		}
	}
	if len(gone) > 0 {
		w.say("members that the cluster forgot are taken out: %s", gone)
		if err := w.expel(gone...); err != nil {
			w.say("take members out: %v", err)
		}
	}
}

// stuck reports whether all members have asked to join, and the cluster does not answer:
// now and then it waits for ever for one that has asked.
func (w *World) stuck(g kmsg.DescribeGroupsResponseGroup) bool {
	if g.State != "PreparingRebalance" {
		w.preparing = time.Time{}
		return false
	}
	if w.preparing.IsZero() {
		w.preparing = time.Now()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, m := range g.Members {
		if at := w.asked[m.MemberID]; at.Before(w.preparing) {
			return false
		}
	}
	return time.Since(w.preparing) > 2*silence
}
