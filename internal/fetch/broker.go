package fetch

import (
	"fmt"
	"iter"
	"time"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/primitive"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
	"github.com/conduitio/conduit-connector-kafka/internal/wire"
)

// broker is a node that partitions are read from.
type broker struct {
	node  int32
	parts map[*partition]struct{} // those that its loop has; guarded by the Fetcher's lock
	wake  chan struct{}           // says that there are some

	// Of its loop.
	size    answerSize
	session session
	topics  map[topicName]int          // where each topic is in a request
	names   map[cluster.TopicID]string // of the topics that are asked about
	encoder primitive.Encoder

	// Guarded by the Fetcher's lock.
	asked map[message.TopicPartition]*inquiry // what it is asked about
	open  []*inquiry                          // those that no answer has confirmed yet
	round int                                 // counts requests
	busy  bool                                // the last answer had more bytes than it takes to name all partitions
	heard time.Time                           // when an answer came last
}

// inquiry is what a broker was asked last about a partition.
type inquiry struct {
	asked
	maxBytes  int32
	known     cluster.TopicID // by which the session has it
	round     int             // of the last request that it was part of, named or not
	answered  int             // round of the last answer that named it
	unheardOf int             // answers in a row in which it should have been named
	watermark int64           // as the session's answers have it; -1: they don't
}

func newBroker(node int32) *broker {
	return &broker{
		node: node, parts: make(map[*partition]struct{}), wake: make(chan struct{}, 1),
		size: newAnswerSize(), asked: make(map[message.TopicPartition]*inquiry),
		topics: make(map[topicName]int), names: make(map[cluster.TopicID]string),
	}
}

// look lets the loop look for partitions, if it sleeps.
func (b *broker) look() { wake(b.wake) }

// loop fetches from one broker for as long as the fetcher lives, and sleeps while it
// has no partitions. The next request is on its way before the last answer is decoded:
// all it needs is where each batch ends, and that stands in the batch headers. Answers
// that Next's caller should have at once are an exception: see hand.
func (f *Fetcher) loop(b *broker) {
	defer f.wg.Done()
	frames := make(chan []fetched)
	f.wg.Add(1)
	go f.decode(frames)
	defer close(frames)
	var prompt recordbatch.Reader // of what the loop decodes itself

	idle := 0
	for f.ctx.Err() == nil {
		req := f.request(b)
		if req == nil {
			select {
			case <-b.wake:
			case <-f.ctx.Done():
			}
			continue
		}
		conn, err := f.client.Broker(f.ctx, b.node, cluster.Fetch)
		if err == nil && !b.session.moveTo(conn, req) {
			continue
		}
		sent := time.Now()
		var res response
		if err == nil {
			res, err = f.fetch(b, conn, req)
		}
		took := time.Since(sent)
		if err != nil {
			if b.session.failed(req, err) {
				f.cfg.Hooks.retried(err)
				continue
			}
			b.size.failed(&f.cfg, err)
			f.releaseBroker(b, res.err, err)
			continue
		}
		b.session.answered(req, res.session)
		wait := time.Duration(req.maxWait) * time.Millisecond
		b.size.arrived(res.bytes(), took, wait)
		sets, moved := f.accept(b, req, res)
		if !f.hand(&prompt, sets, frames) {
			return
		}
		if idle++; moved || took >= wait/2 {
			idle = 0
		}
		f.sleep(max(res.quiet, hurry(idle, wait)))
	}
}

// hurry is the pause after a number of answers in a row that brought nothing though the
// broker should have waited for records: some don't wait.
func hurry(idle int, wait time.Duration) time.Duration {
	if idle < maxMisses {
		return 0
	}
	return min(backoff(idle-maxMisses+1), wait)
}

// fetch sends a request. With the error of a broker that refuses all of it comes its
// code.
func (f *Fetcher) fetch(b *broker, conn *wire.Conn, req *request) (response, error) {
	ctx, done := f.whileNeeded(b, time.Duration(req.maxWait)*time.Millisecond)
	defer done()
	frame, err := f.client.AskLeader(ctx, b.node, conn, req, f.cfg.MaxWait, f.led(b))
	if err != nil {
		return response{}, err
	}
	version, _ := conn.VersionOf(req)
	res, err := parse(frame, version)
	if err != nil {
		return response{}, conn.Refuse(req.ApiKey(), err)
	}
	if err := cluster.CodeError(res.err); err != nil {
		return res, fmt.Errorf("fetch from %s: %w", conn.Addr(), err)
	}
	return res, nil
}

// led lists those partitions that a broker is asked about which are still fetched from this broker, as
// their leader.
func (f *Fetcher) led(b *broker) iter.Seq2[string, int32] {
	return func(yield func(string, int32) bool) {
		f.mu.Lock()
		defer f.mu.Unlock()
		for k, a := range b.asked {
			if !a.replica && a.round == b.round && a.stands() && !yield(k.Topic, k.Partition) {
				return
			}
		}
	}
}
