package simulation

import (
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// rule answers requests in a broker's place while it is in force. It returns false
// for those that it leaves to others.
type rule struct {
	name   string
	answer func(node int32, req kmsg.Request) (kmsg.Response, bool)
}

// change alters the answers that pass over the network while it is in force.
type change struct {
	alter func(l *link, r request, frame []byte)
}

// obey puts a rule in force.
func (w *World) obey(name string, answer func(node int32, req kmsg.Request) (kmsg.Response, bool)) *rule {
	r := &rule{name, answer}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.rules = append(w.rules, r)
	return r
}

func (w *World) drop(r *rule) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.rules = slices.DeleteFunc(slices.Clone(w.rules), func(x *rule) bool { return x == r })
}

func (w *World) altering(alter func(l *link, r request, frame []byte)) *change {
	c := &change{alter}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.changes = append(w.changes, c)
	return c
}

func (w *World) leave(c *change) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.changes = slices.DeleteFunc(slices.Clone(w.changes), func(x *change) bool { return x == c })
}

// control is called by the cluster with each request, one at a time, before it is
// handled.
func (w *World) control(req kmsg.Request) (kmsg.Response, error, bool) { //nolint:revive // the order is the cluster's
	w.fake.KeepControl()
	node := w.fake.CurrentNode()
	if res := w.expire(node, req); res != nil {
		return res, nil, true
	}
	if w.byAdministrator(req) {
		return nil, nil, false
	}
	w.observe(req)
	if p, ok := req.(*kmsg.ProduceRequest); ok && p.Acks == 0 && !w.takes(node, p) {
		return nil, errHungUp, true
	}
	w.mu.Lock()
	rules := w.rules
	w.mu.Unlock()
	for _, r := range rules {
		if res, ok := r.answer(node, req); ok {
			if p, ok := req.(*kmsg.ProduceRequest); ok && p.Acks == 0 && res != nil {
				return nil, errHungUp, true
			}
			return res, nil, true // without an answer where that is nil
		}
	}
	if w.exact != nil {
		if res := w.transacts(node, req); res != nil {
			return res, nil, true
		}
	}
	return nil, nil, false
}

// errHungUp ends a connection. So a broker says that it can't write what it need not
// answer; the embedded cluster would say nothing.
var errHungUp = errors.New("hung up")

// takes reports whether a broker leads all partitions that are written to.
func (w *World) takes(node int32, req *kmsg.ProduceRequest) bool {
	for _, t := range req.Topics {
		for _, p := range t.Partitions {
			if w.fake.LeaderFor(t.Topic, p.Partition) != node {
				return false
			}
		}
	}
	return true
}

// change is called with each answer that a broker writes.
func (w *World) change(l *link, r request, frame []byte) {
	if l.host.exempt {
		return
	}
	if kmsg.Key(r.key) == kmsg.Fetch {
		w.fed(l.host.name, r.version, frame)
	}
	w.demote(l.host.name, r, frame)
	w.mu.Lock()
	changes := w.changes
	w.mu.Unlock()
	for _, c := range changes {
		c.alter(l, r, frame)
	}
	w.heard(l.host.name, r, frame)
	w.lost(l.host.name, r, frame)
}

// settingsOf are those of a process.
func (w *World) settingsOf(host string) map[string]string {
	name := strings.TrimRight(host, "0123456789")
	for i, r := range w.plan.Readers {
		if readerName(i) == name {
			return r.Settings
		}
	}
	for i, r := range w.plan.Writers {
		if writerName(i) == name {
			return r.Settings
		}
	}
	return nil
}

// byAdministrator reports whether a request is one that the connector never sends,
// or not in a run of this kind.
func (w *World) byAdministrator(req kmsg.Request) bool {
	switch req := req.(type) {
	case *kmsg.FetchRequest:
		return req.Rack == adminRack
	case *kmsg.OffsetFetchRequest:
		return req.Version == adminOffsetFetch
	case *kmsg.OffsetCommitRequest:
		return req.Generation < 0
	case *kmsg.ProduceRequest:
		return req.TransactionID != nil && (w.exact == nil || *req.TransactionID == ownerID)
	case *kmsg.InitProducerIDRequest:
		return req.TransactionalID != nil && w.exact == nil
	case *kmsg.AddPartitionsToTxnRequest, *kmsg.EndTxnRequest:
		return w.exact == nil
	case *kmsg.DeleteTopicsRequest, *kmsg.CreatePartitionsRequest, *kmsg.DeleteRecordsRequest:
		return true
	}
	return false
}

// observe takes down what a request says.
func (w *World) observe(req kmsg.Request) {
	switch req := req.(type) {
	case *kmsg.FetchRequest:
		for i := range req.Topics {
			if t := &req.Topics[i]; req.Version >= 13 {
				t.Topic = w.nameOf(t.TopicID)
			}
		}
		req.MaxBytes = 1 << 30 // where that limit counts, the cluster leaves out which transactions were aborted
	case *kmsg.ProduceRequest:
		for i := range req.Topics {
			if t := &req.Topics[i]; req.Version >= 13 {
				t.Topic = w.nameOf(t.TopicID)
			}
		}
	case *kmsg.JoinGroupRequest:
		w.hear(req.MemberID, true)
		w.mu.Lock()
		w.asked[req.MemberID] = time.Now()
		w.mu.Unlock()
	case *kmsg.SyncGroupRequest:
		w.hear(req.MemberID, true)
	case *kmsg.HeartbeatRequest:
		w.hear(req.MemberID, false)
	case *kmsg.ConsumerGroupHeartbeatRequest:
		w.beats(req)
	case *kmsg.OffsetCommitRequest:
		w.hear(req.MemberID, false)
		for _, t := range req.Topics {
			topic := t.Topic
			if topic == "" { // a commit that names topics by their IDs
				topic = w.nameOf(t.TopicID)
			}
			for _, p := range t.Partitions {
				note := ""
				if p.Metadata != nil {
					note = *p.Metadata
				}
				w.book.note(entry{kind: wasAsked, who: req.MemberID, log: w.logOf(topic, p.Partition, note), offset: p.Offset})
			}
		}
	}
}

func (w *World) hear(member string, joins bool) {
	w.mu.Lock()
	w.seen[member] = time.Now()
	w.mu.Unlock()
	if joins {
		w.book.mu.Lock()
		w.book.joins = w.book.now()
		w.book.mu.Unlock()
	}
}

// logOf is the log that an offset was committed for: the note says which topic, and
// without one it is that which has the name now.
func (w *World) logOf(topic string, partition int32, note string) logID {
	log := logID{topic: topic, partition: partition}
	if _, after, ok := strings.Cut(note, " topic="); ok {
		field, _, _ := strings.Cut(after, " ")
		if id, err := hex.DecodeString(field); err == nil && copy(log.id[:], id) == 16 && log.id != [16]byte{} {
			return log
		}
	}
	if info := w.fake.TopicInfo(topic); info != nil {
		log.id = info.TopicID
	}
	return log
}
