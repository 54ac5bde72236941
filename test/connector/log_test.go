package connector_test

import (
	"context"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/conduitio/conduit-connector-kafka/test/sides"
)

// logged is guarded, and also returns what is logged.
func logged(t *testing.T) (context.Context, *sides.Log) {
	t.Helper()
	book := new(sides.Log)
	logger := zerolog.New(zerolog.MultiLevelWriter(logOf(t), book)).Level(zerolog.InfoLevel)
	return logger.WithContext(guarded(t)), book
}

// logOf is where what a test logs goes to. With -v that is the test's output, otherwise
// only the end is printed, once it has failed.
func logOf(t *testing.T) io.Writer {
	if testing.Verbose() {
		return zerolog.NewTestWriter(t)
	}
	end, known := logEnds.LoadOrStore(t, new(logEnd))
	if !known {
		t.Cleanup(func() {
			logEnds.Delete(t)
			if t.Failed() {
				t.Logf("the end of the log, which -v shows in full:\n%s", end)
			}
		})
	}
	return end.(*logEnd)
}

// logEnds are those of the tests that run.
var logEnds sync.Map // *testing.T: *logEnd

// logEnd keeps the last lines of a log, cut where they are long.
type logEnd struct {
	mu    sync.Mutex
	lines []string
}

func (e *logEnd) Write(p []byte) (int, error) {
	const lines, width = 5, 200
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.lines) == lines {
		e.lines = e.lines[1:]
	}
	line := strings.TrimSpace(string(p))
	if len(line) > width {
		line = strings.ToValidUTF8(line[:width], "") + "…"
	}
	e.lines = append(e.lines, line)
	return len(p), nil
}

func (e *logEnd) String() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return strings.Join(e.lines, "\n")
}

// awaitLog waits until something is logged.
func awaitLog(ctx context.Context, t *testing.T, b *sides.Log, text string) {
	t.Helper()
	for !strings.Contains(b.String(), text) {
		select {
		case <-ctx.Done():
			t.Fatalf("not logged: %s", text)
		case <-time.After(20 * time.Millisecond):
		}
	}
}
