package simulation

import (
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// fetchSessions are those that name topics by their IDs.
type fetchSessions struct {
	deleted time.Time                 // when a topic was, last
	begun   map[sessionName]time.Time // when each was heard of first, or a moment before
}

// moment is how long it may take from the begin of a session to the first request in it.
const moment = 200 * time.Millisecond

type sessionName struct{ node, id int32 }

// expire ends the fetch sessions that were begun before a topic was deleted, and returns
// the answer to a request in one of them, nil for others. In a session the embedded cluster
// has partitions by the names of their topics: it would go on with the topic that has the
// name next, and keeps what a client forgets of the one before. Kafka has them by the IDs.
func (w *World) expire(node int32, req kmsg.Request) kmsg.Response {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch req := req.(type) {
	case *kmsg.DeleteTopicsRequest:
		w.sessions.deleted = time.Now()
	case *kmsg.FetchRequest:
		if req.Version < 13 || req.SessionEpoch <= 0 {
			return nil
		}
		name := sessionName{node, req.SessionID}
		begun, ok := w.sessions.begun[name]
		if !ok {
			begun = time.Now().Add(-moment)
			w.sessions.begun[name] = begun
		}
		if begun.Before(w.sessions.deleted) {
			return sessionLost(req)
		}
	}
	return nil
}
