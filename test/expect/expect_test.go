package expect_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

// recorder notes what fails.
type recorder struct {
	testing.TB
	failed []string
}

func (*recorder) Helper() {}

func (r *recorder) Errorf(format string, args ...any) {
	r.failed = append(r.failed, fmt.Sprintf(format, args...))
}

func TestExpectationsShowTheText(t *testing.T) {
	for want, run := range map[string]func(testing.TB){
		"": func(t testing.TB) {
			expect.Text(t, "one two", "two", "one")
			expect.Error(t, errors.New("one two"), "one")
		},
		`"three" is missing in: one two`:     func(t testing.TB) { expect.Text(t, "one two", "two", "three") },
		`"four" is missing in: one two`:      func(t testing.TB) { expect.Error(t, errors.New("one two"), "four") },
		`no error, which should say ["one"]`: func(t testing.TB) { expect.Error(t, nil, "one") },
	} {
		r := &recorder{TB: t}
		run(r)
		if got := strings.Join(r.failed, "\n"); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
