package fetch

import (
	"errors"
	"math"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/internal/wire"
)

// session is a fetch session of a broker (KIP-227). The broker remembers what it was
// asked about each partition. A request names those of which the question is another
// one since, and those that are not asked about any more; an answer names those with
// news: records, an error, another replica, or another high watermark.
//
// Both sides count the requests, by the epoch. Where they disagree, or an answer was
// lost, a request that names all partitions begins the next session and ends this one.
type session struct {
	conn  *wire.Conn // that the broker was asked on; nil before the first request
	id    int32      // 0: the broker has given none
	epoch int32      // of the next request; 0: it names all partitions
	none  bool       // none are asked for on this connection
	byID  bool       // it was begun with the IDs of topics: all its requests are to have them
	vain  int        // sessions in a row that were lost before any use
}

// sessionless is the epoch of a request that asks for no session.
const sessionless int32 = -1

const (
	maxSessions  = 3  // of what is lost before any use, before none is asked for
	maxUnheardOf = 10 // answers in a session before a partition is missed in them
)

// whole reports whether the next request names all partitions.
func (s *session) whole() bool { return s.none || s.epoch == 0 }

// sign puts the session into a request.
func (s *session) sign(req *request) {
	if s.none {
		req.sessionEpoch = sessionless
		return
	}
	req.session, req.sessionEpoch = s.id, s.epoch
}

// moveTo notes the connection that a request goes to. It returns false if the request
// is one in a session that was begun on another connection: it is to be made again.
func (s *session) moveTo(conn *wire.Conn, req *request) bool {
	if s.conn == conn {
		return true
	}
	fits := s.whole()
	version, _ := conn.VersionOf(req)
	*s = session{conn: conn, id: s.id, none: version < minSessions, byID: req.byID}
	return fits
}

// answered notes the answer to a request. One without a session ID ends the session:
// the broker has no room for more.
func (s *session) answered(req *request, id int32) {
	switch {
	case s.none:
	case id == 0:
		s.id, s.epoch = 0, 0
	case id != s.id || req.sessionEpoch == 0:
		s.id, s.epoch = id, 1
	case s.epoch == math.MaxInt32:
		s.epoch, s.vain = 1, 0
	default:
		s.epoch, s.vain = s.epoch+1, 0
	}
}

// failed notes that a request was not answered, or refused. It returns true if only the
// session was: then the request is to be made again.
func (s *session) failed(req *request, err error) bool {
	s.epoch = 0
	var code kafkago.Error
	if !errors.As(err, &code) || req.sessionEpoch == sessionless {
		return false
	}
	switch code {
	case kafkago.FetchSessionIDNotFound: // thrown out, for others
		s.id = 0
	case kafkago.InvalidFetchSessionEpoch, kafkago.FetchSessionTopicIDError:
	default:
		return false
	}
	if req.sessionEpoch <= 1 {
		s.vain++
	}
	s.none = s.vain == maxSessions || req.sessionEpoch == 0
	return true
}

// unmentioned deals with the partitions that an answer should have mentioned. In a
// session it mentions only those with news, if it has mentioned them before. It returns
// true if one was given up. The lock is held.
func (f *Fetcher) unmentioned(b *broker, whole bool) (missed bool) {
	open := b.open[:0]
	for _, in := range b.open {
		switch {
		case in.answered == b.round, !in.stands():
		case in.watermark < 0 && (b.size.full || !whole && b.busy): // there may have been no room for it
			open = append(open, in)
		case !whole && in.watermark >= 0:
			in.p.answered(in.watermark)
		case !whole && in.unheardOf < maxUnheardOf:
			in.unheardOf++
			open = append(open, in)
		default: // not at once again
			f.missed(in.p, errSilent)
			missed = true
		}
	}
	clear(b.open[len(open):])
	b.open = open
	return missed
}

// answered notes that the broker has nothing for a partition but a high watermark.
func (p *partition) answered(watermark int64) {
	p.noteWatermark(watermark)
	p.near.answered = true
	p.refused = streak{}
	p.misses = 0
}
