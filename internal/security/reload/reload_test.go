package reload_test

import (
	"errors"
	"sync"
	"testing"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/internal/security/reload"
)

// source is something to read that changes.
type source struct {
	value    string
	err      error
	warnings []string
}

func (s *source) read() (string, error) { return s.value, s.err }
func (s *source) warn(err error)        { s.warnings = append(s.warnings, err.Error()) }

func TestAValueFollowsItsSource(t *testing.T) {
	is := is.New(t)
	s := &source{value: "one"}
	v, err := reload.New(s.read, s.warn)
	is.NoErr(err)
	is.Equal(v.Get(), "one")
	s.value = "two"
	is.Equal(v.Get(), "two")
	is.Equal(len(s.warnings), 0)
}

func TestWhatCanNotBeReadAtFirstIsAnError(t *testing.T) {
	is := is.New(t)
	s := &source{err: errors.New("gone")}
	_, err := reload.New(s.read, s.warn)
	is.True(err != nil)
	is.Equal(err.Error(), "gone")
	is.Equal(len(s.warnings), 0)
}

func TestABrokenSourceLeavesTheValueAndIsToldOnce(t *testing.T) {
	is := is.New(t)
	s := &source{value: "one"}
	v, err := reload.New(s.read, s.warn)
	is.NoErr(err)

	s.value, s.err = "broken", errors.New("half written")
	is.Equal(v.Get(), "one")
	is.Equal(v.Get(), "one")
	is.Equal(s.warnings, []string{"half written"})
	s.err = errors.New("gone")
	is.Equal(v.Get(), "one")
	is.Equal(s.warnings, []string{"half written", "gone"})

	s.value, s.err = "two", nil
	is.Equal(v.Get(), "two")
	s.err = errors.New("gone")
	is.Equal(v.Get(), "two") // no longer what was there at first
	is.Equal(s.warnings, []string{"half written", "gone", "gone"})
}

func TestManyMayAskAtOnce(t *testing.T) {
	is := is.New(t)
	n := 0
	v, err := reload.New(func() (int, error) { n++; return n, nil }, func(error) {})
	is.NoErr(err)
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() { v.Get() })
	}
	wg.Wait()
	is.Equal(v.Get(), 12)
}
