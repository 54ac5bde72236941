package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"
)

// meter follows a count that starts at zero and only grows.
type meter struct {
	count int64
	first time.Time // the last look that saw none
	last  time.Time // the look that saw it grow last
	looks []look    // those that saw it grow, and the last that saw none
}

// set reports whether the count has grown.
func (m *meter) set(count int64, now time.Time) bool {
	if count == 0 {
		m.first, m.looks = now, []look{{now, 0}}
	}
	if count <= m.count {
		return false
	}
	m.count, m.last, m.looks = count, now, append(m.looks, look{now, count})
	return true
}

// rate is per second, over the time in which the count grew.
func (m *meter) rate() float64 {
	if d := m.last.Sub(m.first); d > 0 {
		return float64(m.count) / d.Seconds()
	}
	return 0
}

// lineCounter counts the lines of a file that another process appends to.
type lineCounter struct {
	path  string
	file  *os.File // nil until the file exists
	lines int64
	bytes int64
	buf   []byte
}

// count returns how many complete lines the file has by now.
func (c *lineCounter) count() (int64, error) {
	if c.file == nil {
		f, err := os.Open(c.path)
		if errors.Is(err, fs.ErrNotExist) {
			return 0, nil
		}
		if err != nil {
			return 0, fmt.Errorf("count lines: %w", err)
		}
		c.file, c.buf = f, make([]byte, 1<<20)
	}
	for {
		n, err := c.file.Read(c.buf)
		c.lines += int64(bytes.Count(c.buf[:n], []byte{'\n'}))
		c.bytes += int64(n)
		if errors.Is(err, io.EOF) {
			return c.lines, nil
		}
		if err != nil {
			return c.lines, fmt.Errorf("count lines: %w", err)
		}
	}
}

func (c *lineCounter) close() {
	if c.file != nil {
		_ = c.file.Close() // only read
	}
}
