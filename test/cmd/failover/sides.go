package main

import (
	"sync"
	"time"
)

// side is one that writes or reads. Its records are numbers.
type side struct {
	name   string
	source *side // of a reader: who writes; nil: it writes itself

	mu    sync.Mutex
	last  time.Time // when a record went through last
	pause time.Duration
	wait  time.Duration
	acked map[int]time.Time // when each record was written that a reader may not have yet
	err   error
}

// through notes that records went through.
func (s *side) through(numbers ...int) {
	now := time.Now()
	var wait time.Duration
	if s.source != nil {
		for _, n := range numbers {
			wait = max(wait, s.source.age(n, now))
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.last.IsZero() {
		s.pause = max(s.pause, now.Sub(s.last))
	}
	s.last, s.wait = now, max(s.wait, wait)
	if s.source == nil {
		for _, n := range numbers {
			s.acked[n] = now
			delete(s.acked, n-memory)
		}
	}
}

// memory is how many records a writer remembers.
const memory = 100_000

// age is how long ago a record was written.
func (s *side) age(n int, now time.Time) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at, ok := s.acked[n]; ok {
		return now.Sub(at)
	}
	return 0 // it was read before the writer heard
}

func (s *side) quiet() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Since(s.last)
}

// forget begins a measurement.
func (s *side) forget() {
	s.mu.Lock()
	s.pause, s.wait = 0, 0
	s.mu.Unlock()
}

func (s *side) measured() (pause, wait time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pause, s.wait
}

func (s *side) fail(err error) {
	s.mu.Lock()
	s.err = err
	s.mu.Unlock()
}

func (s *side) failed() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}
