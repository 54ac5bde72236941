package simulation

import (
	"context"
	"sync"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/conduitio/conduit-connector-protocol/pconnector"
	sdk "github.com/conduitio/conduit-connector-sdk"

	kafka "github.com/conduitio/conduit-connector-kafka"
)

// copying is one process of a pipeline.
type copying struct {
	*copier
	process *process
	host    *Host
	ctx     context.Context
	cancel  context.CancelFunc
	source  sdk.Source
	sink    sdk.Destination
	done    chan struct{}
	ended   bool // by end; guarded by the copier's lock
}

// run runs a process. As Conduit does, it begins another one when that fails.
func (x *copying) run(position opencdc.Position) {
	defer close(x.done)
	x.w.say("%s starts, from position %s", x.host.name, position)
	x.source, x.sink = kafka.NewSource(), kafka.NewDestination()
	err := x.work(position)
	x.w.say("%s ends: %v", x.host.name, err)
	var both sync.WaitGroup
	both.Go(func() {
		x.w.timely(x.host.name+": Teardown of the source", teardown, func() { _ = x.source.Teardown(x.process.context()) })
	})
	both.Go(func() {
		x.w.timely(x.host.name+": Teardown of the destination", teardown, func() { _ = x.sink.Teardown(x.process.context()) })
	})
	both.Wait()
	x.cancel()
	x.w.exact.died(x.host.name)
	x.mu.Lock()
	failed := !x.ended
	x.mu.Unlock()
	if failed {
		x.again(time.Second)
	}
}

// configure has Conduit's plugins take the settings.
func (x *copying) configure() (pconnector.DestinationPlugin, error) {
	p := x.w.plan
	config := pconnector.PluginConfig{ConnectorID: x.name}
	_, err := sdk.NewSourcePlugin(x.source, config, specification.SourceParams).Configure(x.ctx, pconnector.SourceConfigureRequest{Config: with(p.Readers[0].Settings, "clientID", x.host.name)})
	sink := sdk.NewDestinationPlugin(x.sink, config, specification.DestinationParams)
	if err == nil {
		settings := with(p.Writers[0].Settings, "clientID", x.host.name)
		if !p.Exact.Alone {
			settings["transactionalID"], settings["progressTopic"] = x.name, sharedProgress
		}
		_, err = sink.Configure(x.ctx, pconnector.DestinationConfigureRequest{Config: settings})
	}
	if err != nil {
		x.w.book.wrong("the world configures %s wrongly: %v", x.host.name, err)
	}
	return sink, err
}

// work reads, writes and acknowledges until something fails.
func (x *copying) work(position opencdc.Position) error {
	sink, err := x.configure()
	if err != nil {
		return err
	}
	if _, err := sink.Open(x.ctx, pconnector.DestinationOpenRequest{}); err != nil { // with the connector's ID
		return err
	}
	if err := x.source.Open(x.ctx, position); err != nil {
		return err
	}
	for {
		records, err := x.source.ReadN(x.ctx, 1)
		if err != nil {
			return err
		}
		for len(records) > 0 {
			n := min(x.w.plan.Exact.Batch, len(records))
			if err := x.pass(records[:n]); err != nil {
				return err
			}
			records = records[n:]
		}
	}
}

// pass writes records, or what is made of them, and acknowledges them.
func (x *copying) pass(records []opencdc.Record) error {
	out := x.w.plan.Exact.process(records, x.host.name)
	retries := x.w.plan.Exact.Retries
	for len(out) > 0 {
		n, err := x.sink.Write(x.ctx, out)
		out = out[n:]
		switch {
		case err == nil:
			continue
		case len(out) > 0 && !big(out[0]) && retries > 0 && pause(x.ctx, time.Second) == nil:
			retries--
			continue
		case len(out) == 0 || !big(out[0]):
			return err
		}
		refused := 1
		if x.w.plan.Exact.RestToo {
			refused = len(out)
		}
		for _, r := range out[:refused] {
			x.w.exact.deadLetter(x.host.name, nameOf(r))
		}
		out = out[refused:]
	}
	for _, r := range records {
		if err := x.source.Ack(x.ctx, r.Position); err != nil {
			return err
		}
		x.acknowledged(r)
	}
	return nil
}

// acknowledged stores a position, now or later.
func (x *copying) acknowledged(r opencdc.Record) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.w.exact.acked(x.host.name, string(r.Payload.After.Bytes()))
	if x.current != x {
		return
	}
	x.latest = r.Position
	if time.Since(x.storedAt) >= x.w.plan.Exact.StoreEvery {
		x.stored, x.storedAt = x.latest, time.Now()
	}
}
