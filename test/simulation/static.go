package simulation

import (
	"bytes"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// firstWithSkip is the version of JoinGroup in which a static member that comes back hears
// that it leads, and that its assignment stays.
const firstWithSkip = 9

// standing is what a static member was told last when it joined.
type standing struct {
	member     string
	generation int32
}

// demote mends an answer to a static member that comes back to a stable group which it
// led. It must not take itself for the leader, since nobody hears of an assignment that it
// makes; so Kafka names the member that it was before, in versions that can't say more
// (KIP-814). The embedded cluster names the member that it is now.
func (w *World) demote(host string, r request, frame []byte) {
	instance := w.settingsOf(host)["groupInstanceID"]
	if kmsg.Key(r.key) != kmsg.JoinGroup || instance == "" || r.version >= firstWithSkip {
		return
	}
	res, ok := parse(r, frame).(*kmsg.JoinGroupResponse)
	if !ok || res.ErrorCode != 0 {
		return
	}
	w.mu.Lock()
	before := w.standings[instance]
	w.standings[instance] = standing{res.MemberID, res.Generation}
	w.mu.Unlock()
	if res.LeaderID == res.MemberID && before.generation == res.Generation && before.member != res.MemberID {
		at := bytes.Index(frame, []byte(res.MemberID)) // the leader comes first
		frame[at+len(res.MemberID)-1] ^= 1
	}
}
