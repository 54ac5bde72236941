package simulation

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// insisted is how long a connector may go on asking what is answered with a code that
// ends it. Where it waits for other brokers as well, that takes a request timeout.
const insisted = 12 * time.Second

// charge is a code that a process was answered with and that ends it.
type charge struct {
	since, last time.Duration
}

// heard takes down the codes that a process gets.
func (w *World) heard(host string, r request, frame []byte) {
	if w.exact != nil {
		return // such a run checks what is written, and not how a process ends
	}
	key := kmsg.Key(r.key)
	source := slices.Contains(sourceRequests, key)
	if !source && !slices.Contains(destinationRequests, key) {
		return
	}
	settings := w.settingsOf(host)
	for _, code := range w.codes(r, frame) {
		switch verdictOf(key, code, settings) {
		case ends:
			w.charge(fmt.Sprintf("%s %s [%d]", host, key.Name(), code))
			if source {
				w.mayEndNow(host)
			}
		case mayEnd:
			if source {
				w.mayEndNow(host)
			}
		}
	}
}

// charge notes a code that ends a process, and finds out whether it should have.
func (w *World) charge(name string) {
	now := w.now()
	w.mu.Lock()
	c := w.charges[name]
	if c == nil || now-c.last > insisted/2 {
		c = &charge{since: now}
		w.charges[name] = c
	}
	c.last = now
	over := now-c.since > insisted
	w.mu.Unlock()
	if over {
		w.book.wrong("%s goes on at %s, though it was answered so at %s", name, seconds(now), seconds(c.since))
	}
}

// acquit takes down that a destination said which code a record was refused with.
func (w *World) acquit(host, err string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for name := range w.charges {
		prefix, code, _ := strings.Cut(name, " [")
		if strings.HasPrefix(prefix, host+" ") && strings.Contains(err, "["+code) {
			delete(w.charges, name)
		}
	}
}

// mayEndNow notes that a source has a reason to end.
func (w *World) mayEndNow(host string) {
	w.mu.Lock()
	w.reasons[host] = time.Now()
	w.mu.Unlock()
}

// codes are the error codes in an answer.
func (w *World) codes(r request, frame []byte) (out []int16) {
	if kmsg.Key(r.key) == kmsg.Fetch {
		if r.version >= 7 {
			at := 12 // after size, correlation ID and throttle time
			if r.version >= 12 {
				at++ // and tags, of which there are none
			}
			out = append(out, int16(frame[at])<<8|int16(frame[at+1]))
		}
		w.parts(r.version, frame, func(p part) { out = append(out, int16(p.code[0])<<8|int16(p.code[1])) })
		return out
	}
	switch res := parse(r, frame).(type) {
	case *kmsg.JoinGroupResponse:
		return []int16{res.ErrorCode}
	case *kmsg.SyncGroupResponse:
		return []int16{res.ErrorCode}
	case *kmsg.HeartbeatResponse:
		return []int16{res.ErrorCode}
	case *kmsg.InitProducerIDResponse:
		return []int16{res.ErrorCode}
	case *kmsg.ProduceResponse:
		for _, t := range res.Topics {
			for _, p := range t.Partitions {
				out = append(out, p.ErrorCode)
			}
		}
	}
	return out
}

// parse reads an answer; nil where it can't be read.
func parse(r request, frame []byte) kmsg.Response {
	res := kmsg.ResponseForKey(r.key)
	res.SetVersion(r.version)
	body := frame[8:]
	if res.IsFlexible() && len(body) > 0 {
		body = body[1:] // no tags
	}
	if res.ReadFrom(body) != nil {
		return nil
	}
	return res
}
