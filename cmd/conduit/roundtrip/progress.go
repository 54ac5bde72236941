package main

import (
	"fmt"
	"io"
	"os"
	"time"
)

// progress prints how far a run is: on a terminal in one line that it writes
// over, elsewhere in a line each second.
type progress struct {
	w    io.Writer
	next time.Duration
	open bool // a line is on the terminal that has no end yet
}

func (p *progress) show(elapsed time.Duration, written, readBack *meter) {
	if elapsed < max(p.next, 200*time.Millisecond) {
		return
	}
	line := fmt.Sprintf("%4.0fs  written %s (%s)  read back %s (%s)", elapsed.Seconds(),
		thousands(written.count), rate(written), thousands(readBack.count), rate(readBack))
	if isTerminal(p.w) {
		p.next, p.open = elapsed+200*time.Millisecond, true
		fmt.Fprintf(p.w, "\r\x1b[K%s", line)
		return
	}
	p.next = elapsed.Truncate(time.Second) + time.Second
	fmt.Fprintln(p.w, line)
}

func (p *progress) end() {
	if p.open {
		fmt.Fprintln(p.w)
	}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
