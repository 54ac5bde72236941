package fetch

import (
	"errors"

	kafkago "github.com/segmentio/kafka-go"
)

// ends reports whether an error of a partition ends reading. A topic that the login may
// not read holds up itself alone: others go on, a broker that has just started may not
// know its ACLs yet, and somebody may allow it. Reading ends if none may be read, from
// the start and for some seconds. The lock is held.
func (f *Fetcher) ends(p *partition, err error) bool {
	if !errors.Is(err, kafkago.TopicAuthorizationFailed) {
		return !Retriable(err)
	}
	if !p.denied {
		p.denied = true
		f.denied++
	}
	return !f.served && f.denied == len(f.parts) && p.misses >= maxMisses
}

// serve notes that a partition may be read. The lock is held.
func (f *Fetcher) serve(p *partition) {
	f.served = true
	f.admit(p)
}

// admit takes a partition from those that may not be read. The lock is held.
func (f *Fetcher) admit(p *partition) {
	if p.denied {
		p.denied = false
		f.denied--
	}
}
