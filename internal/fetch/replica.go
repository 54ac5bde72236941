package fetch

import (
	"context"
	"time"

	"github.com/conduitio/conduit-connector-kafka/internal/wire"
)

// nearReplica is a replica in our rack that the leader of a partition has named to
// read from (KIP-392). It is read from for MetadataInterval; then the leader is
// asked again, which knows whether the replica has kept up. Whatever goes wrong
// with it, the leader decides: for the same time it is not told our rack, so that
// it gives the records itself.
type nearReplica struct {
	node     int32     // noLeader for none
	until    time.Time // until then it stays so
	answered bool      // the node that is read from has answered since
}

// over reports whether it is time to ask for a replica again. However short the time
// is, at least one fetch has succeeded.
func (r nearReplica) over() bool {
	return r.until.IsZero() || r.answered && !time.Now().Before(r.until)
}

// prefer lets a partition be read from a replica that its leader named. Its records
// must not overtake what the leader sent: the router waits until that is decoded. Only
// records show that the replica has some: until they come, being sent around counts as
// an attempt in vain. The lock is held.
func (f *Fetcher) prefer(p *partition, node int32) {
	if p.replica {
		f.missed(p, errSendsOn) // only the leader knows who has kept up
		return
	}
	p.near = nearReplica{node: node, until: time.Now().Add(f.cfg.MetadataInterval)}
	f.retryLater(p)
}

// leaveReplica gives a replica up, if there is one, in which something went wrong.
// The lock is held.
func (f *Fetcher) leaveReplica(p *partition) {
	if p.near.node != noLeader {
		p.near = nearReplica{node: noLeader, until: time.Now().Add(f.cfg.MetadataInterval)}
	}
}

// askLeader takes a partition from its replica when it is time to ask the leader
// again. The lock is held.
func (f *Fetcher) askLeader(p *partition) bool {
	if p.near.node == noLeader || !p.near.over() {
		return false
	}
	p.near = nearReplica{node: noLeader}
	p.retryAt = time.Time{}
	f.free(p)
	return true
}

// onlyLeader reports whether a partition wants nothing but its leader: then a request
// must not say where we are. The lock is held.
func (p *partition) onlyLeader() bool { return p.near.node == noLeader && !p.near.over() }

// epochToCompare is the leader epoch of the record that was read last, for a replica to look
// whether its log has that record (KIP-595); -1 for a leader. One that has not caught up
// with a leader of an unclean election has others there. Leaders are asked where the epoch
// ended, once in each of their epochs, since silence says less: not every broker looks, and
// one that does not know the epoch calls the offset out of range. The lock is held.
func (p *partition) epochToCompare() int32 {
	if !p.replica {
		return -1
	}
	return p.lastEpoch
}

var errReplicaSilent = &wire.GiveUp{Why: "the leaders of its partitions give the records as well"}

// whileNeeded returns a context for a fetch from a broker that may wait for records so
// long. Where it is silent for two seconds more, and none of the partitions is read from
// it as their leader, the fetch is given up: nobody has to be asked who leads them.
func (f *Fetcher) whileNeeded(b *broker, wait time.Duration) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(f.ctx)
	silent := time.AfterFunc(wait+askedTooLong, func() {
		for range f.led(b) {
			return
		}
		cancel(errReplicaSilent)
	})
	return ctx, func() {
		silent.Stop()
		cancel(nil)
	}
}
