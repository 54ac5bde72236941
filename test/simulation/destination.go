package simulation

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/conduitio/conduit-connector-protocol/pconnector"
	sdk "github.com/conduitio/conduit-connector-sdk"

	kafka "github.com/conduitio/conduit-connector-kafka"
)

// destination is a destination pipeline from its start to its end.
type destination struct {
	*writer
	how  chan ending
	done chan struct{}
}

func (d *destination) run() {
	defer close(d.done)
	for {
		how, err := d.live()
		if err == nil {
			d.w.say("%s has ended: %s", d.name, how)
			return
		}
		d.w.say("%s fails: %v", d.name, err)
		select {
		case <-d.how:
			return
		case <-time.After(time.Second):
		}
	}
}

// writing is one destination and what belongs to it.
type writing struct {
	*destination
	*process
	plugin pconnector.DestinationPlugin
	stream destinationStream
	ctx    context.Context // of the streams
	cancel context.CancelFunc

	// Guarded by the writer's lock, as the queue is:
	sent    opencdc.Position
	waiting int  // from the front of the queue: sent and not answered
	refused bool // a record that is not skipped: nothing is sent after it

	answered chan struct{} // poked with each answer
	failed   chan struct{} // closed at the first record that is not skipped
}

func (d *destination) live() (ending, error) {
	d.writer.mu.Lock()
	d.lives++
	x := &writing{destination: d, process: d.w.process(fmt.Sprintf("%s%d", d.name, d.lives)), answered: make(chan struct{}, 1), failed: make(chan struct{})}
	d.writer.mu.Unlock()
	ctx, cancel := context.WithCancel(x.context())
	defer cancel()
	how, opened, err := x.open(ctx, cancel)
	if err != nil || !opened {
		x.tearDown()
		return how, err
	}
	return x.work()
}

func (x *writing) open(ctx context.Context, cancel context.CancelFunc) (how ending, opened bool, err error) {
	x.w.say("%s starts", x.host.name)
	x.plugin = sdk.NewDestinationPlugin(kafka.NewDestination(), pconnector.PluginConfig{ConnectorID: x.host.name}, specification.DestinationParams)
	settings := with(x.plan.Settings, "clientID", x.host.name)
	if _, err := x.plugin.Configure(ctx, pconnector.DestinationConfigureRequest{Config: settings}); err != nil {
		x.w.book.wrong("the world configures %s wrongly: %v", x.host.name, err)
		return 0, false, fmt.Errorf("configure: %w", err)
	}
	done := make(chan error, 1)
	go func() {
		_, err := x.plugin.Open(ctx, pconnector.DestinationOpenRequest{})
		done <- err
	}()
	select {
	case err = <-done:
		return 0, err == nil, err
	case how = <-x.how:
	}
	if how == killed {
		x.host.Kill()
	}
	cancel()
	x.w.timely(x.host.name+": Open, cancelled,", teardown, func() { <-done })
	return how, false, nil
}

func (x *writing) work() (ending, error) {
	x.ctx, x.cancel = context.WithCancel(x.context())
	x.stream = destinationStream{newStream[pconnector.DestinationRunRequest, pconnector.DestinationRunResponse](x.ctx)}
	ran := make(chan error, 1)
	go func() { ran <- x.plugin.Run(x.ctx, x.stream) }()
	sending, stop := context.WithCancel(x.ctx)
	defer stop()
	var both sync.WaitGroup
	both.Go(func() { x.send(sending) })
	both.Go(x.receive)
	var how ending
	var err error
	select {
	case how = <-x.how:
		if how == killed {
			x.host.Kill()
		} else if how == graceful {
			stop()
			x.drain()
		}
	case <-x.failed:
		err = errors.New("a record was not written")
	case err = <-ran:
		ran <- err
		if err == nil {
			err = errors.New("Run returned")
		}
		x.w.book.wrong("%s ended: %v", x.host.name, err)
	}
	if x.plan.Arch == 2 || how == forced {
		x.tearDown() // while a Write may be running
		x.cancel()
	} else {
		x.cancel()
		x.tearDown()
	}
	both.Wait()
	x.w.timely(x.host.name+": Run, after Teardown,", teardown, func() { <-ran })
	return how, err
}

func (x *writing) tearDown() {
	x.w.timely(x.host.name+": Teardown", teardown, func() {
		if _, err := x.plugin.Teardown(context.Background(), pconnector.DestinationTeardownRequest{}); err != nil {
			x.w.say("%s: tear down: %v", x.host.name, err)
		}
	})
}

// send sends what is to be written, a batch at a time in the second architecture,
// and without waiting for answers in the first.
func (x *writing) send(ctx context.Context) {
	every := time.Second * time.Duration(x.plan.Batch) / time.Duration(x.plan.Rate)
	tick := time.NewTicker(max(every, time.Millisecond))
	defer tick.Stop()
	for ctx.Err() == nil {
		for _, part := range x.upcoming() {
			if x.stream.Client().Send(pconnector.DestinationRunRequest{Records: part}) != nil {
				return
			}
		}
		if x.turns() && !x.awaitAnswers(ctx) {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
}

// turns reports whether what was sent is answered before more is sent. The SDK's
// batching needs that here, which holds a lock that the next request needs for
// as long as a Write takes: a bubble's time would stand still.
func (x *writing) turns() bool {
	return x.plan.Arch == 2 || x.plan.Settings["sdk.batch.delay"] != ""
}

// upcoming returns the requests that are to be sent next.
func (x *writing) upcoming() (out [][]opencdc.Record) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.refused { // or it would be sent again before the pipeline fails
		return nil
	}
	room := min(x.plan.Batch, 4*x.plan.Batch-x.waiting)
	records := x.nextLocked(x.waiting + max(room, 0))[x.waiting:]
	if len(records) == 0 {
		return nil
	}
	x.waiting += len(records)
	x.sent = records[len(records)-1].Position
	for _, r := range records {
		x.w.book.trying(x.host.name, x.numbers[string(r.Position)], x.plan)
		out = append(out, []opencdc.Record{r})
	}
	if x.plan.Arch == 2 {
		return [][]opencdc.Record{records}
	}
	return out
}

func (x *writing) awaitAnswers(ctx context.Context) bool {
	for {
		x.mu.Lock()
		waiting := x.waiting
		x.mu.Unlock()
		if waiting == 0 {
			return true
		}
		select {
		case <-x.answered:
		case <-ctx.Done():
			return false
		}
	}
}

// receive takes the answers.
func (x *writing) receive() {
	failed := false
	for {
		res, err := x.stream.Client().Recv()
		if err != nil {
			return
		}
		for _, a := range res.Acks {
			if !failed && x.settle(a.Position, a.Error) {
				failed = true // whoever comes next begins with this record
				close(x.failed)
			}
		}
		wake(x.answered)
	}
}

// partitionAwaited is how long a destination waits for a partition that a topic does not
// have.
const partitionAwaited = 6 * time.Second

// settle notes what a destination said about the first record of the queue.
func (x *writing) settle(position opencdc.Position, err string) (failed bool) {
	r := x.writer
	r.mu.Lock()
	defer r.mu.Unlock()
	x.waiting--
	if len(r.queue) == 0 || string(r.queue[0].Position) != string(position) {
		r.w.book.wrong("%s acknowledges record %s out of order", r.name, position)
		return false
	}
	id := r.numbers[string(position)]
	if err == "" {
		r.w.book.written(id)
	} else {
		r.w.say("%s: record %d is not written: %s", r.name, id, err)
		r.w.acquit(x.host.name, err)
	}
	if err != "" && !r.plan.Skip && r.w.canBeWritten(id) {
		x.refused = true
		return true
	}
	if err != "" && !r.w.canBeWritten(id) {
		// Each partition that is missing is waited for, by all that come after it.
		r.w.health.disturb(span{from: r.w.now() - partitionAwaited, to: r.w.now(), node: -1, writing: true})
	}
	r.queue = r.queue[1:]
	delete(r.numbers, string(position))
	return false
}

// drain waits until what was sent is written, or not written.
func (x *writing) drain() {
	ctx, cancel := context.WithTimeout(x.ctx, time.Minute)
	defer cancel()
	go func() {
		select {
		case <-x.failed:
			cancel()
		case <-ctx.Done():
		}
	}()
	x.mu.Lock()
	last := x.sent
	x.mu.Unlock()
	if x.turns() && !x.awaitAnswers(ctx) {
		return
	}
	if x.plan.Arch == 1 && last != nil {
		if _, err := x.plugin.Stop(ctx, pconnector.DestinationStopRequest{LastPosition: last}); err != nil {
			x.w.say("%s: stop: %v", x.host.name, err)
		}
	}
	x.awaitAnswers(ctx)
}
