package sides

import (
	"bytes"
	"strings"
	"sync"
)

// Log keeps what is logged. It is safe for concurrent use.
type Log struct {
	mu  sync.Mutex
	all bytes.Buffer
}

// Write takes a line of the log.
func (l *Log) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.Write(b)
}

// String returns all of it.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.String()
}

// Count returns how often a text is in it.
func (l *Log) Count(text string) int { return strings.Count(l.String(), text) }
