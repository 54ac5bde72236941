// Package result is what the benchmark's programs tell each other and what a
// run of it leaves, as JSON.
package result

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// Run is what one process measured about itself, or what was seen of it.
type Run struct {
	// Records came to the client, or were written by it, from its start to its end.
	Records int64 `json:"records"`
	// Bytes of their values.
	Bytes int64 `json:"bytes,omitempty"`
	// Timed are those of Records within Seconds, which begin with the first
	// answer: joining a group or opening a connection is not in it.
	Timed   int64   `json:"timed"`
	Seconds float64 `json:"seconds"`
	// First is how long the first answer took, in seconds.
	First float64 `json:"first"`
	// CPU is what the whole process spent on CPURecords, in seconds, in user and
	// system mode.
	CPU        float64 `json:"cpu"`
	CPURecords int64   `json:"cpuRecords"`
	// Allocs and AllocBytes were allocated on Go's heap for CPURecords.
	Allocs     uint64 `json:"allocs,omitempty"`
	AllocBytes uint64 `json:"allocBytes,omitempty"`
	// PeakRSS is the most memory that the process had, in bytes.
	PeakRSS int64 `json:"peakRSS"`
	// Latency is there where it was measured.
	Latency *Latency `json:"latency,omitempty"`
	// Arrived is how many records the brokers have: end offsets where records
	// were written, committed offsets where they were read. -1: not asked for.
	Arrived int64 `json:"arrived"`
	// API says which calls were used, where there is a choice.
	API string `json:"api,omitempty"`
	// Versions of the client's libraries, by module path.
	Versions map[string]string `json:"versions,omitempty"`
	// Error is why there is nothing, or not all.
	Error string `json:"error,omitempty"`
}

// Latency is how long single records took, in microseconds.
type Latency struct {
	Samples int     `json:"samples"`
	P50     float64 `json:"p50"`
	P99     float64 `json:"p99"`
	Max     float64 `json:"max"`
}

// Rate is in records a second, 0 if none was measured.
func (r Run) Rate() float64 {
	if r.Seconds <= 0 {
		return 0
	}
	return float64(r.Timed) / r.Seconds
}

// CPUPerRecord is in microseconds.
func (r Run) CPUPerRecord() float64 { return per(r.CPU*1e6, r.CPURecords) }

// AllocsPerRecord is a number of allocations.
func (r Run) AllocsPerRecord() float64 { return per(float64(r.Allocs), r.CPURecords) }

func per(x float64, records int64) float64 {
	if records == 0 {
		return 0
	}
	return x / float64(records)
}

// Measurement is one run of one contender in one cell.
type Measurement struct {
	Cell      Cell   `json:"cell"`
	Contender string `json:"contender"`
	Round     int    `json:"round"`
	Run       Run    `json:"run"`
}

// File is everything about one run of the benchmark.
type File struct {
	Machine      Machine       `json:"machine"`
	Started      time.Time     `json:"started"`
	Took         time.Duration `json:"took"`
	Arguments    []string      `json:"arguments"`
	Measurements []Measurement `json:"measurements"`
}

// Machine says what the figures were measured on, and with what.
type Machine struct {
	CPU      string  `json:"cpu"`
	Cores    int     `json:"cores"`
	MemoryMB int64   `json:"memoryMB"`
	OS       string  `json:"os"`
	Kernel   string  `json:"kernel"`
	Go       string  `json:"go"`
	Java     string  `json:"java,omitempty"`
	Kafka    string  `json:"kafka"`
	Commit   string  `json:"commit"`
	Load     float64 `json:"load"` // average of the last minute, before the first run
}

// Save writes f to a file, the whole or nothing.
func (f *File) Save(name string) error {
	text, err := json.MarshalIndent(f, "", " ")
	if err != nil {
		return fmt.Errorf("save results: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return fmt.Errorf("save results: %w", err)
	}
	if err := os.WriteFile(name+".tmp", append(text, '\n'), 0o644); err != nil {
		return fmt.Errorf("save results: %w", err)
	}
	if err := os.Rename(name+".tmp", name); err != nil {
		return fmt.Errorf("save results: %w", err)
	}
	return nil
}

// Load reads what Save wrote.
func Load(name string) (*File, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("load results: %w", err)
	}
	f := new(File)
	if err := json.Unmarshal(text, f); err != nil {
		return nil, fmt.Errorf("load results from %s: %w", name, err)
	}
	return f, nil
}
