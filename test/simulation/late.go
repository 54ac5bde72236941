package simulation

import "time"

// late has what a source asks its leaders for arrive late, in some plans. It has dice of
// its own, as vary does.
func (d dice) late(p *Plan) {
	if p.Alone || !d.chance(5) {
		return
	}
	p.Topics, p.Parts = []string{"a", "b"}, 6 // a fetch of which nothing counts any more is given up
	for i := range p.Readers {
		r := &p.Readers[i]
		r.Present = i == 0
		r.Settings["topics"], r.Settings["autoOffsetReset"], r.Settings["requestTimeout"] = "a,b", "earliest", "10s"
	}
	for i := range p.Writers { // so that most partitions have records in time
		w := &p.Writers[i]
		w.Rate, w.Twins, w.Settings["partitioner"] = max(w.Rate, 40), false, "metadata"
		delete(w.Settings, "sdk.batch.size")
		delete(w.Settings, "sdk.batch.delay")
	}
	p.Events, p.Alone = nil, true // or chance would have the fetches given up
	e := p.add(d, "fetches late", d.between(2500*time.Millisecond, 3500*time.Millisecond))
	e.For = d.between(8500*time.Millisecond, 9*time.Second) // metadata is looked at every 10s
	e.B, e.C = 2, 0                                         // as many partitions, at once
}

// fetchesLate makes a topic again while fetches are late, and the same brokers lead it.
// A source finds out, and looks for where the new log begins, before a leader hears what
// it asked for. By then the new log has records there: to take the answer for one to
// what is asked now would leave out all before them.
func (w *World) fetchesLate(e Event) {
	w.disturbed(e.For, all)
	until := time.Now().Add(e.For)
	for _, l := range w.net.Links() {
		if l.hasFetched() {
			w.say("  what is asked for on %s is late", l.id)
			l.server.in.hold(until)
		}
	}
	w.sleep(time.Second) // until no fetch waits at a leader
	topic := w.topic(e.A)
	before := w.view().topics[topic]
	w.recreate(e)
	for _, p := range before.partitions {
		w.lead(topic, p.id, p.leader)
	}
	w.sleep(time.Until(until))
}
