package hostile

import (
	"encoding/binary"
	"maps"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// Lies are all there are, by name.
var Lies = map[string]Lie{
	"fields":           fields,
	"codes":            codes,
	"length":           length,
	"noise":            noise,
	"cut":              cut,
	"more at the end":  func(a *Answer) bool { a.resize(append(a.Frame, make([]byte, 1+a.rng.IntN(1000))...)); return true },
	"half":             func(a *Answer) bool { a.send(a.Frame[:a.rng.IntN(len(a.Frame))]); return false },
	"half and silence": halfAndSilence,
	"byte by byte":     byteByByte,
	"another ID":       func(a *Answer) bool { a.Frame[4+a.rng.IntN(4)] ^= 1 << a.rng.IntN(8); return true },
	"twice":            func(a *Answer) bool { return a.send(a.Frame) },
	"hang up":          func(*Answer) bool { return false },
	"tags":             tags,
	"throttle":         throttle,
	"sasl":             saslExchange,
	"bombs":            bombs,
	"wrong place":      wrongPlace,
	"redirect":         redirect,
	"leader hints":     hints,
}

// Names are those of Lies, in order.
func Names() []string { return slices.Sorted(maps.Keys(Lies)) }

func (a *Answer) resize(frame []byte) {
	a.Frame = frame
	binary.BigEndian.PutUint32(a.Frame, uint32(len(a.Frame)-4))
}

// length claims another length than the answer has: up to 1 GiB, negative, too short.
func length(a *Answer) bool {
	n := uint32(len(a.Frame) - 4)
	claims := []uint32{0, 3, 4, n - 1, n + 1, n * 2, 1 << 20, 1<<30 - 1, 1 << 30, 1<<31 - 1, 1 << 31, 1<<32 - 1}
	binary.BigEndian.PutUint32(a.Frame, claims[a.rng.IntN(len(claims))])
	return true
}

func noise(a *Answer) bool {
	body := a.Frame[8:]
	for range 1 + a.rng.IntN(8) {
		if len(body) > 0 {
			body[a.rng.IntN(len(body))] = []byte{0, 1, 0x7f, 0x80, 0xff, byte(a.rng.Uint32())}[a.rng.IntN(6)]
		}
	}
	return true
}

func cut(a *Answer) bool {
	a.resize(a.Frame[:8+a.rng.IntN(len(a.Frame)-7)])
	return true
}

// halfAndSilence stops in the middle of an answer, with the connection open.
func halfAndSilence(a *Answer) bool {
	a.send(a.Frame[:a.rng.IntN(len(a.Frame))])
	a.pause(time.Hour)
	return false
}

func byteByByte(a *Answer) bool {
	for i := range a.Frame {
		if a.ctx.Err() != nil || !a.send(a.Frame[i:i+1]) {
			return false
		}
		a.pause(time.Second)
	}
	a.Frame = nil
	return true
}

// tags adds tagged fields that nobody knows, many or large.
func tags(a *Answer) bool {
	a.change(func(res kmsg.Response) {
		if res.IsFlexible() {
			setTags(res, a.rng)
		}
	})
	return true
}

// throttle asks for a pause, of up to 24 days.
func throttle(a *Answer) bool {
	pause := []int32{-1, 1, 100, 1000, 1 << 30, 1<<31 - 1}[a.rng.IntN(6)]
	a.change(func(res kmsg.Response) { setAll(res, "ThrottleMillis", int64(pause)) })
	return true
}

// codes puts the same error code everywhere, or one here and there.
func codes(a *Answer) bool {
	code := int64(a.rng.IntN(135) - 2)
	a.change(func(res kmsg.Response) { setAll(res, "ErrorCode", code) })
	return true
}

// redirect sends the client to another broker, which sends it on.
func redirect(a *Answer) bool {
	a.change(func(res kmsg.Response) {
		node := int32(a.rng.IntN(3))
		switch r := res.(type) {
		case *kmsg.MetadataResponse:
			for i := range r.Topics {
				for j := range r.Topics[i].Partitions {
					p := &r.Topics[i].Partitions[j]
					p.Leader, p.LeaderEpoch = int32(a.rng.IntN(3)), p.LeaderEpoch+int32(a.rng.IntN(3))
				}
			}
		case *kmsg.FindCoordinatorResponse:
			r.NodeID = node
			for i := range r.Coordinators {
				r.Coordinators[i].NodeID = node
			}
		case *kmsg.FetchResponse:
			for i := range r.Topics {
				for j := range r.Topics[i].Partitions {
					p := &r.Topics[i].Partitions[j]
					p.PreferredReadReplica, p.RecordBatches = node, nil
				}
			}
		case *kmsg.ProduceResponse, *kmsg.ListOffsetsResponse, *kmsg.OffsetForLeaderEpochResponse:
			setAll(res, "ErrorCode", 6) // NOT_LEADER_OR_FOLLOWER
		default:
			setAll(res, "ErrorCode", 16) // NOT_COORDINATOR
		}
	})
	return true
}

// hints names leaders that may not lead, or not exist, in leader epochs of any age, with
// addresses of nobody (KIP-951).
func hints(a *Answer) bool {
	a.change(func(res kmsg.Response) {
		r, ok := res.(*kmsg.ProduceResponse)
		if !ok {
			return
		}
		pick := func(from ...int32) int32 { return from[a.rng.IntN(len(from))] }
		for i := range r.Topics {
			for j := range r.Topics[i].Partitions {
				p := &r.Topics[i].Partitions[j]
				p.ErrorCode = []int16{6, 6, 6, 74, 0, -1}[a.rng.IntN(6)] // most: NOT_LEADER_OR_FOLLOWER
				p.CurrentLeader.LeaderID = pick(-1, 0, 1, 2, 3, 1<<31-1, -1<<31)
				p.CurrentLeader.LeaderEpoch = pick(-1, 0, 1, 2, int32(a.rng.IntN(100)), 1<<31-1, -1<<31)
			}
		}
		r.Brokers = nil
		for range a.rng.IntN(4) {
			b := kmsg.NewProduceResponseBroker()
			b.NodeID, b.Port = pick(-1, 0, 1, 2, 3), pick(-1, 0, 1, 1<<16, 1<<31-1)
			b.Host = []string{"", "127.0.0.1", "127.0.0.2", "::1", "a b", "\x1b[2J\xff"}[a.rng.IntN(6)]
			r.Brokers = append(r.Brokers, b)
		}
	})
	return true
}

// saslExchange asks again, for work or for haste.
func saslExchange(a *Answer) bool {
	a.change(func(res kmsg.Response) {
		r, ok := res.(*kmsg.SASLAuthenticateResponse)
		if !ok {
			return
		}
		switch a.rng.IntN(6) {
		case 0:
			r.SASLAuthBytes = []byte("r=x,s=c2FsdA==,i=2147483647")
		case 1:
			r.SASLAuthBytes = make([]byte, 1<<20)
		case 2:
			r.SASLAuthBytes = []byte("again")
		case 3:
			r.SessionLifetimeMillis = 1
		case 4:
			r.SessionLifetimeMillis = -1 << 63
		case 5:
			text := "\x1b]0;title\x07\x1b[2J\xff"
			r.ErrorCode, r.ErrorMessage = 58, &text
		}
	})
	return true
}
