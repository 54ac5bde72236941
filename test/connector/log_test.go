package connector_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
)

// logged is guarded, and also returns what is logged.
func logged(t *testing.T) (context.Context, *logBook) {
	t.Helper()
	book := new(logBook)
	logger := zerolog.New(zerolog.MultiLevelWriter(zerolog.NewTestWriter(t), book)).Level(zerolog.InfoLevel)
	return logger.WithContext(guarded(t)), book
}

// logBook keeps what is logged.
type logBook struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *logBook) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBook) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// awaitLog waits until something is logged.
func awaitLog(ctx context.Context, t *testing.T, b *logBook, text string) {
	t.Helper()
	for !strings.Contains(b.String(), text) {
		select {
		case <-ctx.Done():
			t.Fatalf("not logged: %s", text)
		case <-time.After(20 * time.Millisecond):
		}
	}
}
