package main

import (
	"runtime"
	"time"

	"github.com/conduitio/conduit-connector-kafka/bench/internal/process"
	"github.com/conduitio/conduit-connector-kafka/bench/internal/result"
)

// meter measures this process from its start to its stop.
type meter struct {
	began time.Time
	cpu   time.Duration
	mem   runtime.MemStats
}

func startMeter() (*meter, error) {
	m := new(meter)
	runtime.ReadMemStats(&m.mem)
	used, err := process.Self()
	m.cpu, m.began = used.CPU, time.Now()
	return m, err
}

// stop writes into r what records cost.
func (m *meter) stop(r *result.Run, records int64) error {
	used, err := process.Self()
	if err != nil {
		return err
	}
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	r.CPU, r.CPURecords = (used.CPU - m.cpu).Seconds(), records
	r.Allocs, r.AllocBytes = mem.Mallocs-m.mem.Mallocs, mem.TotalAlloc-m.mem.TotalAlloc
	r.PeakRSS = used.PeakRSS
	return nil
}
