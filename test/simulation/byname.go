package simulation

import (
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kversion"
)

// byName has the brokers of some plans be of Kafka 3.0: what is read, written and committed
// names topics by their names there, so that an answer to a request about a topic that was
// deleted may be about the one that has the name now. It has dice of its own, as vary does.
func (d dice) byName(p *Plan) { p.ByName = !p.byCoordinator() && d.chance(50) }

// versions are those that the brokers offer.
func (p Plan) versions() kfake.Opt {
	if p.ByName {
		return kfake.MaxVersions(kversion.V3_0_0())
	}
	return kfake.MaxVersions(nil)
}
