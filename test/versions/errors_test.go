package versions_test

import (
	"context"
	"strings"
	"testing"

	"github.com/matryer/is"
)

// readAll opens a source, reads and closes it.
func readAll(ctx context.Context, s settings, n int) error {
	src, err := openSource(ctx, s, nil)
	if err != nil {
		return err
	}
	_, err = read(ctx, src, n)
	_ = src.Teardown(ctx)
	return err
}

// refused checks that there is an error, which has all parts.
func refused(t *testing.T, err error, parts ...string) {
	t.Helper()
	is.New(t).True(err != nil)
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q is not in: %v", part, err)
		}
	}
}
