package simulation

import "time"

// aims are events that go together: each combination makes likely what chance alone
// brings about too rarely.
var aims = []func(d dice, p *Plan, at time.Duration){
	aimAtAnotherLog, aimAtAReplay, aimAtManyBatches, aimAtAStaleLeader, aimAtAFrozenBroker, aimAtATopicUnnoticed, aimAtATopicGone, aimAtATeardown,
}

// aimAtAnotherLog makes a topic again, and has a source go on from the position that
// it stored of the old one, and a second member join.
func aimAtAnotherLog(d dice, p *Plan, at time.Duration) {
	e := p.add(d, "recreate", at)
	e.B = 2 // as many partitions
	topic := e.A
	e = p.add(d, "reader", at+d.between(time.Second, 4*time.Second))
	e.A, e.B, e.For = 0, d.Uint64N(3), time.Second
	e = p.add(d, "join", at+d.between(6*time.Second, 14*time.Second))
	e.A = topic
}

// aimAtAReplay resets the group, and has a second member join while all is read again.
func aimAtAReplay(d dice, p *Plan, at time.Duration) {
	e := p.add(d, "reset", at)
	e.C = 0
	e = p.add(d, "sink slow", at)
	e.For = 12 * time.Second
	for i := range 3 {
		p.add(d, "join", at+time.Duration(2+3*i)*time.Second+d.between(0, 2*time.Second))
	}
}

// aimAtManyBatches spoils batches while others are on their way.
func aimAtManyBatches(d dice, p *Plan, at time.Duration) {
	e := p.add(d, "sink stuck", at)
	e.For = d.between(time.Second, 4*time.Second)
	for i := range 4 {
		e = p.add(d, "crc", at+e.For+time.Duration(i)*d.between(0, time.Second))
		e.For = 5 * time.Second
	}
}

// aimAtAStaleLeader cuts off each broker for longer than any delivery takes.
func aimAtAStaleLeader(d dice, p *Plan, at time.Duration) {
	e := p.add(d, "cut off", at)
	e.For, e.B = d.between(45*time.Second, 60*time.Second), d.Uint64N(3000)
	slower(p)
}

// aimAtAFrozenBroker starts a source while a broker is silent, and ends it while it waits
// for connections. It may be one that the others do not notice, and that leads partitions
// of a topic that was just made again: where to begin is asked about each.
func aimAtAFrozenBroker(d dice, p *Plan, at time.Duration) {
	e := p.add(d, pick(d, "freeze", "unplug"), at)
	e.For, e.B, e.C = d.between(50*time.Second, 60*time.Second), d.Uint64N(3000), 1
	r := p.add(d, "reader", at+d.between(0, 2*time.Second))
	r.A, r.B, r.For = 0, d.Uint64N(3), 0
	r = p.add(d, "reader", r.At+d.between(3*time.Second, 9*time.Second))
	r.A, r.B, r.For = 0, d.Uint64N(2), 0
	p.Parts = 12
	for i := range p.Readers {
		p.Readers[i].Settings["dialTimeout"] = "5s"
	}
	slower(p)
	if d.chance(50) {
		frozen := &p.Events[len(p.Events)-3]
		frozen.C = 0
		p.Parts = 30
		again := p.add(d, "recreate", at+100*time.Millisecond)
		again.A, again.B, again.C = 0, 2, 0
	}
}

// aimAtATopicUnnoticed makes a topic again while the source that reads it is frozen, for
// long enough that the new log has what the source asks for next: no fetch fails. A
// partition of another topic has no leader meanwhile.
func aimAtATopicUnnoticed(d dice, p *Plan, _ time.Duration) {
	p.Topics = []string{"a", "b"}
	for i := range p.Readers {
		r := &p.Readers[i]
		r.Settings["topics"], r.Settings["requestTimeout"] = "a,b", "10s"
		r.Present = i == 0
	}
	for i := range p.Writers {
		p.Writers[i].Settings["partitioner"], p.Writers[i].Twins = "metadata", false
	}
	p.Events, p.Alone = nil, true // or chance would have it noticed
	e := p.add(d, "no leader", time.Second)
	e.A, e.For = 0, d.between(60*time.Second, 70*time.Second)
	at := d.between(2500*time.Millisecond, 3500*time.Millisecond)
	e = p.add(d, "reader freezes", at)
	e.A, e.For = 0, d.between(4*time.Second, 5500*time.Millisecond)
	e = p.add(d, "recreate", at+50*time.Millisecond)
	e.A, e.B, e.C = 1, 2, 0
	slower(p)
}

// aimAtATopicGone deletes a topic under a destination that has all the time. Nobody else
// makes it again, or soon.
func aimAtATopicGone(d dice, p *Plan, at time.Duration) {
	e := p.add(d, pick(d, "recreate", "delete"), at)
	e.B, e.For = 0, d.between(0, 3*time.Second)
	if d.chance(50) {
		e.For = d.between(60*time.Second, 70*time.Second)
		slower(p)
	}
	for i := range p.Writers {
		p.Writers[i].Settings["deliveryTimeout"] = pick(d, "0s", "2m")
		p.Writers[i].Settings["topicAutoCreate"] = "true"
		if p.Writers[i].Settings["partitioner"] == "metadata" {
			p.Writers[i].Settings["partitioner"] = "murmur2"
		}
	}
}

// aimAtATeardown ends destinations of the second architecture while batches wait.
func aimAtATeardown(d dice, p *Plan, at time.Duration) {
	for i := range p.Writers {
		p.Writers[i].Arch = 2
		p.Writers[i].Settings["sdk.batch.size"], p.Writers[i].Settings["sdk.batch.delay"] = "1000", "1s"
	}
	for i := range 3 {
		e := p.add(d, "writer", at+time.Duration(i)*4*time.Second+d.between(0, time.Second))
		e.B = d.Uint64N(3)
	}
}

// slower makes a long run cheap.
func slower(p *Plan) {
	for i := range p.Writers {
		p.Writers[i].Rate = min(p.Writers[i].Rate, 10)
	}
}
