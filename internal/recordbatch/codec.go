package recordbatch

import (
	"fmt"
	"strings"
)

// Codec is the compression of a record batch, with the number that Kafka gives it.
type Codec int8

// The codecs that Kafka knows.
const (
	None   Codec = 0
	Gzip   Codec = 1
	Snappy Codec = 2
	LZ4    Codec = 3
	Zstd   Codec = 4 // brokers since 2.1 (KIP-110)
)

var codecNames = [...]string{"none", "gzip", "snappy", "lz4", "zstd"}

// String returns the name that Kafka's compression.type setting has for c.
func (c Codec) String() string {
	if c >= 0 && int(c) < len(codecNames) {
		return codecNames[c]
	}
	return fmt.Sprintf("codec %d", int8(c))
}

// ParseCodec returns the codec of a name: none, gzip, snappy, lz4 or zstd.
func ParseCodec(name string) (Codec, error) {
	for i, n := range codecNames {
		if n == name {
			return Codec(i), nil
		}
	}
	return None, fmt.Errorf("parse codec %q: want one of %s", name, strings.Join(codecNames[:], ", "))
}

// maxLevel is the highest level of each codec; 0 is the only one of a codec
// without levels.
var maxLevel = [...]int{None: 0, Gzip: 9, Snappy: 0, LZ4: 9, Zstd: 22}

// ValidLevel says whether a codec has a compression level. 0 is the codec's own
// default; otherwise gzip has 1 to 9, lz4 1 to 9 (all of which search deeper, and
// are slower, than the default), zstd 1 to 22 (of which four differ: up to 2, 5, 9
// and above). None and snappy have no other level than 0.
func ValidLevel(c Codec, level int) error {
	switch {
	case c < 0 || int(c) >= len(maxLevel):
		return unsupportedCodec(c)
	case level >= 0 && level <= maxLevel[c]:
		return nil
	case maxLevel[c] == 0:
		return fmt.Errorf("compression level %d: %s has no levels, want 0", level, c)
	}
	return fmt.Errorf("compression level %d: want 0 (the default) or 1 to %d for %s", level, maxLevel[c], c)
}
