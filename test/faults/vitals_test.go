package faults_test

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// watchVitals prints what this process takes, now, at every interval, and when the
// returned function is called.
func watchVitals(every time.Duration) (stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	start := time.Now()
	show := func() { fmt.Printf("after %-8s %s\n", time.Since(start).Round(time.Second), vitals()) }
	show()
	go func() {
		defer close(ended)
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				show()
			case <-done:
				return
			}
		}
	}()
	return func() {
		close(done)
		<-ended
		runtime.GC()
		show()
	}
}

func vitals() string {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return fmt.Sprintf("heap in use %6.1f MiB, resident %s, goroutines %d, of the connector %d",
		float64(m.HeapInuse)/(1<<20), resident(), runtime.NumGoroutine(), len(connectorGoroutines()))
}

// resident is the memory that the process has, as Linux tells it.
func resident() string {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return "unknown"
	}
	for _, line := range strings.Split(string(status), "\n") {
		if value, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kib, err := strconv.ParseFloat(strings.Fields(value)[0], 64)
			if err != nil {
				break
			}
			return fmt.Sprintf("%6.1f MiB", kib/1024)
		}
	}
	return "unknown"
}

// connectorGoroutines returns the stacks of the goroutines that run the code of the
// connector's packages.
func connectorGoroutines() []string {
	buf := make([]byte, 1<<20)
	for {
		n := runtime.Stack(buf, true)
		if n < len(buf) {
			buf = buf[:n]
			break
		}
		buf = make([]byte, 2*len(buf))
	}
	var stacks []string
	for _, stack := range bytes.Split(buf, []byte("\n\n")) {
		if bytes.Contains(stack, []byte("conduit-connector-kafka/internal/")) {
			stacks = append(stacks, string(stack))
		}
	}
	return stacks
}
