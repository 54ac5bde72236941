package main

import (
	"fmt"
	"os"
	"strings"
)

// processors returns a function that says which share of the machine's processors was busy
// since, "-" where that is not known.
func processors() (busy func() string) {
	before, all, ok := jiffies()
	return func() string {
		now, total, still := jiffies()
		if !ok || !still || total == all {
			return "-"
		}
		return fmt.Sprintf("%.0f %%", 100*float64(now-before)/float64(total-all))
	}
}

// jiffies reads how long all processors together have worked, and have worked or not.
func jiffies() (busy, all int, ok bool) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, 0, false
	}
	var user, nice, system, idle, iowait, irq, softirq, steal int
	line, _, _ := strings.Cut(string(text), "\n")
	_, err = fmt.Sscanf(line, "cpu %d %d %d %d %d %d %d %d", &user, &nice, &system, &idle, &iowait, &irq, &softirq, &steal)
	busy = user + nice + system + irq + softirq + steal
	return busy, busy + idle + iowait, err == nil
}
