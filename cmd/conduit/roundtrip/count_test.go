package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/matryer/is"
)

func TestMeterMeasuresWhileTheCountGrows(t *testing.T) {
	is := is.New(t)
	start := time.Now()
	m := meter{first: start}
	is.Equal(m.rate(), 0.0)
	is.True(!m.set(0, start.Add(time.Second)))
	is.True(m.set(500, start.Add(2*time.Second)))
	is.True(m.set(1000, start.Add(3*time.Second)))
	is.True(!m.set(1000, start.Add(9*time.Second))) // what comes after doesn't count
	is.Equal(m.rate(), 500.0)
}

func TestLineCounterFollowsAFile(t *testing.T) {
	is := is.New(t)
	c := lineCounter{path: filepath.Join(t.TempDir(), "file")}
	defer c.close()
	n, err := c.count()
	is.NoErr(err)
	is.Equal(n, int64(0)) // there is none yet

	f, err := os.Create(c.path)
	is.NoErr(err)
	defer f.Close()
	for _, step := range []struct {
		text string
		want int64
	}{{"one\ntwo\nth", 2}, {"ree\n", 3}, {"", 3}} {
		_, err := f.WriteString(step.text)
		is.NoErr(err)
		n, err := c.count()
		is.NoErr(err)
		is.Equal(n, step.want)
	}
	is.Equal(c.bytes, int64(14))
}

func TestThousands(t *testing.T) {
	is := is.New(t)
	is.Equal(thousands(0), "0")
	is.Equal(thousands(999), "999")
	is.Equal(thousands(1000), "1,000")
	is.Equal(thousands(12345678), "12,345,678")
}
