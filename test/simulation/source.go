package simulation

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/conduitio/conduit-connector-protocol/pconnector"
	sdk "github.com/conduitio/conduit-connector-sdk"

	kafkago "github.com/segmentio/kafka-go"

	kafka "github.com/conduitio/conduit-connector-kafka"
)

// source is a source pipeline from its start to its end. As Conduit does, it starts
// the connector again when that fails.
type source struct {
	*reader
	how  chan ending
	done chan struct{}
}

func (s *source) run() {
	defer close(s.done)
	for {
		how, err := s.live()
		if err == nil {
			s.w.say("%s has ended: %s", s.name, how)
			return
		}
		s.w.say("%s fails: %v", s.name, err)
		if s.plan.Namesake && errors.Is(err, kafkago.FencedInstanceID) {
			return // whoever looks after it leaves it to the other one
		}
		select {
		case <-s.how:
			return
		case <-time.After(time.Second):
		}
	}
}

// life is one source and what belongs to it.
type life struct {
	*source
	*process
	impl    sdk.Source
	plugin  pconnector.SourcePlugin
	stream  sourceStream
	ctx     context.Context // of the streams
	cancel  context.CancelFunc
	batches chan []opencdc.Record // from reading to acknowledging

	stopping chan struct{} // closed when no more batches are to be processed
	idle     chan struct{} // closed when none is

	mu       sync.Mutex
	finished opencdc.Position // of the last record that was acknowledged
	handed   []handed         // records that were returned, and not acknowledged yet
	known    map[logID]reach  // how far what was acknowledged reaches
	moved    chan struct{}    // poked when that changes
}

// live runs one source. It returns an error where the source ended by itself.
func (s *source) live() (ending, error) {
	s.reader.mu.Lock()
	s.lives++
	l := &life{source: s, process: s.w.process(fmt.Sprintf("%s%d", s.name, s.lives)),
		batches: make(chan []opencdc.Record, 4), stopping: make(chan struct{}), idle: make(chan struct{}), moved: make(chan struct{}, 1)}
	position := s.position
	l.known = maps.Clone(s.kept)
	s.reader.mu.Unlock()
	l.keeps()
	ctx, cancel := context.WithCancel(l.context())
	defer cancel()
	how, opened, err := l.open(ctx, cancel, position)
	if err != nil || !opened {
		l.tearDown()
		return how, err
	}
	return l.work()
}

// open configures and opens the source. opened is false where it was ended meanwhile.
func (l *life) open(ctx context.Context, cancel context.CancelFunc, position opencdc.Position) (how ending, opened bool, err error) {
	l.w.say("%s starts, from position %s", l.host.name, position)
	l.w.book.note(entry{kind: wasStarted, who: l.host.name})
	l.impl = kafka.NewSource()
	l.plugin = sdk.NewSourcePlugin(l.impl, pconnector.PluginConfig{ConnectorID: l.host.name}, specification.SourceParams)
	settings := with(l.plan.Settings, "clientID", l.host.name)
	if _, err := l.plugin.Configure(ctx, pconnector.SourceConfigureRequest{Config: settings}); err != nil {
		l.w.book.wrong("the world configures %s wrongly: %v", l.host.name, err)
		return 0, false, fmt.Errorf("configure: %w", err)
	}
	hasOpened := l.w.opening()
	done := make(chan error, 1)
	go func() {
		_, err := l.plugin.Open(ctx, pconnector.SourceOpenRequest{Position: position})
		done <- err
	}()
	select {
	case err = <-done:
		if err == nil {
			hasOpened()
		}
		return 0, err == nil, err
	case how = <-l.how:
	}
	if how == killed {
		l.host.Kill()
	}
	cancel()
	l.w.timely(l.host.name+": Open, cancelled,", teardown, func() { <-done })
	return how, false, nil
}

// work reads until it is ended, or the source fails.
func (l *life) work() (ending, error) {
	l.ctx, l.cancel = context.WithCancel(l.context())
	l.stream = sourceStream{newStream[pconnector.SourceRunRequest, pconnector.SourceRunResponse](l.ctx)}
	ran := make(chan error, 1)
	go func() { ran <- l.plugin.Run(l.ctx, l.stream) }()
	var both sync.WaitGroup
	both.Go(l.read)
	both.Go(l.acknowledge)
	var how ending
	var err error
	select {
	case how = <-l.how:
		if how == killed {
			l.host.Kill()
		} else if how == graceful {
			l.drain()
		}
	case err = <-ran:
		ran <- err
		if err == nil {
			err = errors.New("Run returned")
		}
		l.w.mayHaveEnded(l.host.name, err)
	}
	if how == forced {
		// The SDK would wait for Run, for a minute, and with a lock held that Run
		// needs: what it does after that minute is done at once.
		l.w.timely(l.host.name+": Teardown, forced,", teardown, func() { _ = l.impl.Teardown(l.context()) })
	}
	l.cancel()
	l.w.timely(l.host.name+": Run, cancelled,", teardown, func() { <-ran })
	l.tearDown()
	both.Wait()
	l.release()
	return how, err
}

// release takes the last error from the SDK's batching, which waits for somebody to
// take it, for ever.
func (l *life) release() {
	if l.plan.Settings["sdk.batch.size"] == "" {
		return
	}
	ctx, cancel := context.WithTimeout(l.context(), time.Second)
	defer cancel()
	for ctx.Err() == nil {
		if records, err := l.impl.ReadN(ctx, 1); err != nil || len(records) == 0 {
			return
		}
	}
}

func (l *life) tearDown() {
	l.w.timely(l.host.name+": Teardown", teardown, func() {
		if _, err := l.plugin.Teardown(context.Background(), pconnector.SourceTeardownRequest{}); err != nil {
			l.w.say("%s: tear down: %v", l.host.name, err)
		}
	})
}

// read takes what the source returns.
func (l *life) read() {
	defer close(l.batches)
	for {
		res, err := l.stream.Client().Recv()
		if err != nil {
			return
		}
		l.hand(res.Records)
		for _, r := range res.Records {
			p, err := kafka.ParsePosition(r.Position)
			created, err2 := r.Metadata.GetCreatedAt()
			if err := errors.Join(err, err2); err != nil {
				l.w.book.wrong("%s: %v", l.host.name, err)
				continue
			}
			l.w.book.reads(l.host.name, p.Topic, p.Partition, p.Offset, numberOf(created), string(r.Payload.After.Bytes()))
		}
		if pass(l.ctx, l.batches, res.Records) != nil {
			return
		}
	}
}

// acknowledge processes records and acknowledges them, in their order.
func (l *life) acknowledge() {
	defer close(l.idle)
	var due []opencdc.Record // processed
	last := time.Now()
	for {
		var records []opencdc.Record
		select {
		case records = <-l.batches:
		case <-l.stopping:
		}
		if records == nil {
			return
		}
		l.w.sinks.wait(l.ctx)
		if pause(l.ctx, l.plan.Work) != nil {
			continue
		}
		due = append(due, records...)
		if l.plan.AckEvery > 0 && len(l.batches) > 0 && time.Since(last) < l.plan.AckEvery {
			continue
		}
		if l.plan.AckEvery > 0 && pause(l.ctx, l.plan.AckEvery-time.Since(last)) != nil {
			continue
		}
		last = time.Now()
		l.send(due)
		due = nil
	}
}

// send acknowledges records, one at a time or all at once, and keeps the position
// before or after that.
func (l *life) send(records []opencdc.Record) {
	size := len(records)
	if !l.plan.AckBulk {
		size = 1
	}
	for len(records) > 0 && l.ctx.Err() == nil {
		part := records[:min(size, len(records))]
		records = records[len(part):]
		positions := make([]opencdc.Position, len(part))
		for i, r := range part {
			positions[i] = r.Position
			p, _ := kafka.ParsePosition(r.Position)
			created, _ := r.Metadata.GetCreatedAt()
			l.w.book.acks(l.host.name, p.Topic, p.Partition, p.Offset, numberOf(created))
		}
		if l.plan.StoreFirst {
			l.store(positions)
		}
		if l.stream.Client().Send(pconnector.SourceRunRequest{AckPositions: positions}) != nil {
			return
		}
		if !l.plan.StoreFirst {
			l.store(positions)
		}
	}
}

func (l *life) store(positions []opencdc.Position) {
	last := positions[len(positions)-1]
	kept := l.reaches(last)
	l.reader.mu.Lock()
	l.position, l.kept = last, kept
	l.reader.mu.Unlock()
	l.mu.Lock()
	l.finished = last
	l.mu.Unlock()
	wake(l.moved)
}

// drain stops reading, and waits until what was read is acknowledged, or the
// destination is stuck.
func (l *life) drain() {
	if l.plan.Arch == 1 {
		res, err := l.plugin.Stop(context.Background(), pconnector.SourceStopRequest{})
		if err != nil {
			l.w.book.wrong("%s: stop: %v", l.host.name, err)
			return
		}
		l.until(func() bool { return string(l.finished) == string(res.LastPosition) })
		return
	}
	close(l.stopping)
	select {
	case <-l.idle:
	case <-time.After(time.Minute):
	}
}

func (l *life) until(done func() bool) {
	for range 60 {
		l.mu.Lock()
		ok := done()
		l.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-l.moved:
		case <-time.After(time.Second):
		}
	}
}

func with(settings map[string]string, key, value string) map[string]string {
	out := map[string]string{key: value}
	for k, v := range settings {
		out[k] = v
	}
	return out
}
