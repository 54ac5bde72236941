package process

import (
	"testing"
	"time"

	"github.com/matryer/is"
)

func TestParseStat_finds_the_fields_behind_any_name(t *testing.T) {
	is := is.New(t)
	const text = "4711 (a) b (c)) S 1 4711 4711 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 9 0 123"
	cpu, err := parseStat(text, 10*time.Millisecond)
	is.NoErr(err)
	is.Equal(cpu, 3*time.Second)
	for _, text := range []string{"", "4711 (conduit) S 1", "4711 (x) S 1 2 3 4 5 6 7 8 9 10 a b 13"} {
		_, err := parseStat(text, time.Millisecond)
		is.True(err != nil)
	}
}

func TestParsePeak_is_in_bytes(t *testing.T) {
	is := is.New(t)
	peak, err := parsePeak("Name:\tx\nVmPeak:\t  999 kB\nVmHWM:\t    2048 kB\nVmRSS:\t 1 kB\n")
	is.NoErr(err)
	is.Equal(peak, int64(2<<20))
	_, err = parsePeak("Name:\tx\n")
	is.True(err != nil)
	_, err = parsePeak("VmHWM:\t    many kB\n")
	is.True(err != nil)
}
