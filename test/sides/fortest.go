package sides

import (
	"context"
	"testing"
	"time"

	"github.com/rs/zerolog"
)

// Guard bounds what must not hang. It is generous: machines are slow at times.
const Guard = time.Minute

// Guarded returns a context that ends after Guard, with the logger that a side uses.
func Guarded(t testing.TB, log zerolog.Logger) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(log.WithContext(context.Background()), Guard)
	t.Cleanup(cancel)
	return ctx
}
