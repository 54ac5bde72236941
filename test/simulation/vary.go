package simulation

import "time"

// vary draws further settings and events. It has dice of its own, so that what it draws
// leaves the rest of a plan as it is.
func (d dice) vary(p *Plan) {
	d.varyReaders(p)
	d.varyWriters(p)
	if p.Alone {
		return
	}
	if d.chance(25) {
		d.ending(p)
	}
	if d.chance(10) || p.Readers[0].Settings["autoOffsetReset"] != "earliest" && d.chance(70) {
		at := d.between(4*time.Second, 15*time.Second)
		p.add(d, "trim unread", at)
		if d.chance(50) {
			e := p.add(d, "out of range", at+d.between(2*time.Second, 8*time.Second))
			e.For = d.between(5*time.Second, 15*time.Second)
		}
	}
	if d.chance(10) {
		e := p.add(d, "crc for good", d.between(4*time.Second, 20*time.Second))
		e.For = d.between(10*time.Second, 20*time.Second)
	}
}

// varyReaders has all members of the group be of one mind where they must be.
func (d dice) varyReaders(p *Plan) {
	reset := pick(d, "earliest", "earliest", "earliest", "earliest", "latest", "error")
	static, namesakes, retries := d.chance(20), d.chance(30), !d.chance(20)
	for i := range p.Readers {
		s := p.Readers[i].Settings
		s["autoOffsetReset"] = reset
		if !retries {
			s["retryGroupJoinErrors"] = "false"
		}
		if static {
			s["groupInstanceID"] = readerName(i)
			if namesakes && i > 0 {
				s["groupInstanceID"] = "namesake"
				p.Readers[i].Namesake = true
			}
		}
	}
}

func (d dice) varyWriters(p *Plan) {
	for i := range p.Writers {
		w := &p.Writers[i]
		if d.chance(15) {
			w.Settings["compression"] = "zstd"
		}
		if d.chance(20) {
			w.Settings["compressionLevel"] = map[string]string{"gzip": "9", "lz4": "3", "zstd": "7"}[w.Settings["compression"]]
			if w.Settings["compressionLevel"] == "" {
				delete(w.Settings, "compressionLevel")
			}
		}
		if d.chance(20) {
			w.Settings["outageTimeout"] = pick(d, "3s", "15s")
		}
		if d.chance(20) { // many batches, and few of them in a request
			w.Settings["batchBytes"], w.Settings["maxRequestBytes"] = "8000", "20000"
		}
		if d.chance(10) && !w.Twins {
			w.Settings["acks"] = "none"
			w.Loose, w.Unheard = true, true
		}
	}
}

// ending has an error code come that ends a connector by contract, for long enough that
// it has to end, or once. Requests that are made at a start are provoked by one.
func (d dice) ending(p *Plan) {
	at := d.between(4*time.Second, 15*time.Second)
	e := p.add(d, "ending", at)
	e.For, e.C = d.between(20*time.Second, 25*time.Second), pick[uint64](d, 0, 2, 2, 2)
	p.add(d, "reader", at+d.between(0, time.Second)).For = 0
	p.add(d, "writer", at+d.between(0, time.Second)).For = 0
}
