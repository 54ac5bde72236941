package wire

import "github.com/segmentio/kafka-go/protocol"

// Ranged is a request in versions other than those of kafka-go's message of the
// same kind. Its answer is to be read from the raw frame.
type Ranged interface {
	protocol.Message
	// Versions returns the first and the last version that can be sent and read.
	Versions() (first, last int16)
}

// versions is the range that a broker offers for a kind of request.
type versions struct{ first, last int16 }

// oldest are the versions of requests in which brokers began to exchange record
// batches, with Kafka 0.11 (KIP-98). What came before is not read or written here.
var oldest = []struct {
	key   protocol.ApiKey
	first int16
}{{protocol.Produce, 3}, {protocol.Fetch, 4}}

// refuseOld returns an error if the broker is older than Kafka 0.11. A kind of request
// that it doesn't offer at all is an error only where one is sent: controllers take no
// records.
func (c *Conn) refuseOld() error {
	for _, o := range oldest {
		if v, ok := c.offered[o.key]; ok && v.last < o.first {
			return &UnsupportedError{Addr: c.addr, Key: o.key, Old: true, Last: v.last}
		}
	}
	return nil
}

// highest is the highest version that both ranges have, false for none.
func (v versions) highest(first, last int16) (int16, bool) {
	last = min(v.last, last)
	return last, last >= max(v.first, first)
}

// Version is the highest version of a request that both sides speak; false when
// there is none.
func (c *Conn) Version(key protocol.ApiKey) (int16, bool) {
	offered, ok := c.offered[key]
	if !ok {
		return 0, false
	}
	return offered.highest(key.MinVersion(), key.MaxVersion())
}

// VersionOf is Version for one request, which may be Ranged.
func (c *Conn) VersionOf(req protocol.Message) (int16, bool) {
	r, ok := req.(Ranged)
	if !ok {
		return c.Version(req.ApiKey())
	}
	offered, ok := c.offered[req.ApiKey()]
	if !ok {
		return 0, false
	}
	return offered.highest(r.Versions())
}

// speak is the version to send a request in. The broker's versions are asked for in
// version 0, which all know.
func (c *Conn) speak(req protocol.Message) (int16, error) {
	version, ok := c.VersionOf(req)
	if !ok && req.ApiKey() != protocol.ApiVersions {
		return 0, &UnsupportedError{Addr: c.addr, Key: req.ApiKey()}
	}
	return version, nil
}
