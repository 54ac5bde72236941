package conduit

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"
)

// openingMessage comes right before pipelines are started, in both architectures.
const openingMessage = "connectors initialized"

// OpenedAt returns when Conduit began to open the sources of its pipelines, or a moment
// before, as its log in JSON says; zero where it doesn't say so.
func OpenedAt(log []byte) time.Time {
	for line := range bytes.Lines(log) {
		var e struct {
			Time    int64  `json:"time"` // Unix milliseconds
			Message string `json:"message"`
		}
		if json.Unmarshal(line, &e) == nil && strings.Contains(e.Message, openingMessage) {
			return time.UnixMilli(e.Time)
		}
	}
	return time.Time{}
}
