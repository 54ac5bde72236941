package simulation

import (
	"hash/fnv"
	"math"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// coordinators play those parts of a transaction's coordinator that the embedded cluster
// leaves out. Its control function has them to itself.
type coordinators struct {
	ids map[string]*transactionalID
}

func newCoordinators() *coordinators { return &coordinators{ids: make(map[string]*transactionalID)} }

// transactionalID is the state of one, as a coordinator keeps it.
type transactionalID struct {
	epoch, last int16 // last: the epoch before, if the same producer had it; -1: another one
	timeout     time.Duration
	open, empty bool // empty: nothing was ever in a transaction of the epoch
	begun       time.Time
	ended       time.Time
}

// transacts answers a request about a transaction in the cluster's place, or changes it so that
// the cluster does what Kafka does. The request must not be refused for another reason.
func (w *World) transacts(node int32, req kmsg.Request) kmsg.Response {
	markers := w.plan.Exact.Markers
	switch req := req.(type) {
	case *kmsg.InitProducerIDRequest:
		if req.TransactionalID == nil || w.fake.CoordinatorFor(*req.TransactionalID) != node {
			return nil
		}
		return w.coordinators.begin(req, markers)
	case *kmsg.AddPartitionsToTxnRequest:
		t := w.current(node, req.TransactionalID, req.ProducerEpoch)
		if t == nil || !w.haveAll(req) {
			return nil
		}
		if t.busy(markers) {
			return refusal(req, kerr.ConcurrentTransactions.Code)
		}
		if !t.open {
			t.open, t.empty, t.begun = true, false, time.Now()
		}
	case *kmsg.EndTxnRequest:
		t := w.current(node, req.TransactionalID, req.ProducerEpoch)
		if t == nil {
			return nil
		}
		if t.empty {
			return refusal(req, kerr.InvalidTxnState.Code)
		}
		if t.open {
			t.open, t.ended = false, time.Now()
		}
	}
	return nil
}

// current returns the state of a transactional ID if a request comes to its coordinator with
// its epoch; nil if not: the cluster refuses it.
func (w *World) current(node int32, id string, epoch int16) *transactionalID {
	t := w.coordinators.ids[id]
	if t == nil || w.fake.CoordinatorFor(id) != node {
		return nil
	}
	if t.expire(); t.epoch != epoch {
		return nil
	}
	return t
}

// begin gives out epochs. The embedded cluster leaves a transaction open that the former
// owner has begun, and gives a new epoch to whoever comes with any former one.
func (c *coordinators) begin(req *kmsg.InitProducerIDRequest, markers time.Duration) kmsg.Response {
	t := c.ids[*req.TransactionalID]
	if t == nil {
		c.ids[*req.TransactionalID] = &transactionalID{last: -1, empty: true, timeout: time.Duration(req.TransactionTimeoutMillis) * time.Millisecond}
		return nil
	}
	t.expire()
	if t.busy(markers) {
		return refusal(req, kerr.ConcurrentTransactions.Code)
	}
	switch own := req.ProducerID >= 0; {
	case own && req.ProducerEpoch == t.last: // its answer was lost
		res := req.ResponseKind().(*kmsg.InitProducerIDResponse)
		res.ProducerID, res.ProducerEpoch = req.ProducerID, t.epoch
		return res
	case own && req.ProducerEpoch != t.epoch:
		return refusal(req, kerr.ProducerFenced.Code)
	case own:
		t.last = t.epoch
	default:
		t.last = -1
		req.ProducerID, req.ProducerEpoch = producerOf(*req.TransactionalID), t.epoch // so that it ends what is open
	}
	if t.open {
		t.ended = time.Now()
	}
	t.epoch, t.open, t.empty = t.epoch+1, false, true
	return nil
}

// producerOf is the producer ID that the embedded cluster gives to a transactional ID.
func producerOf(id string) int64 {
	h := fnv.New64()
	h.Write([]byte(id))
	return int64(h.Sum64()) & math.MaxInt64
}

// expire aborts a transaction whose time is over, as the cluster has done by then.
func (t *transactionalID) expire() {
	if t.open && time.Since(t.begun) >= t.timeout {
		t.epoch, t.last, t.open = t.epoch+1, -1, false
	}
}

// busy reports whether the markers of the last transaction are still being written.
func (t *transactionalID) busy(markers time.Duration) bool {
	return !t.ended.IsZero() && time.Since(t.ended) < markers
}

// haveAll reports whether the cluster has all partitions of a request.
func (w *World) haveAll(req *kmsg.AddPartitionsToTxnRequest) bool {
	for _, t := range req.Topics {
		for _, p := range t.Partitions {
			if w.fake.LeaderFor(t.Topic, p) < 0 {
				return false
			}
		}
	}
	return true
}
