package sides

import (
	"strings"

	"github.com/conduitio/conduit-connector-kafka/test/conduit"
)

// Log keeps what is logged, a line with each Write. It is safe for concurrent use.
type Log struct{ conduit.Output }

// Count returns how often a text is in it.
func (l *Log) Count(text string) int { return strings.Count(l.String(), text) }
