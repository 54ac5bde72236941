package kafka

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/matryer/is"
)

func TestParsingLeavesTheSettingsAsTheyWere(t *testing.T) {
	for name, parse := range map[string]func(map[string]string) error{
		"Parse":            func(s map[string]string) error { _, err := Parse(s); return err },
		"ParseSource":      func(s map[string]string) error { _, err := ParseSource(s); return err },
		"ParseDestination": func(s map[string]string) error { _, err := ParseDestination(s); return err },
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			given := map[string]string{"servers": " a:1 "}
			if name == "ParseSource" {
				given["topics"] = "t"
			}
			want := maps.Clone(given)
			is.NoErr(parse(given))
			is.Equal(given, want)
		})
	}
}

func TestSharedSettingsFirstThenThoseOfASide(t *testing.T) {
	is := is.New(t)
	settings := map[string]string{"servers": "a:1"}
	_, err := Parse(settings)
	is.NoErr(err)
	_, err = ParseDestination(settings)
	is.NoErr(err)
}

func TestAKnownPartitionDoesNotExcuseABrokenOffset(t *testing.T) {
	var reader positionReader
	_, _ = reader.parse(oldPosition("g", "t", 0, 123).Encode())
	for _, offset := range []string{"12", "+12}", "012}"} { // 12: cut off
		is := is.New(t)
		p := opencdc.Position(`{"groupID":"g","topic":"t","partition":0,"leaderEpoch":-1,"offset":` + offset)
		_, err := ParsePosition(p)
		is.True(err != nil)
		_, err = reader.parse(p)
		is.True(err != nil)
	}
}

// Configuration in an unexported field: fmt then calls no String method.
func TestSourceAndDestinationPrintNoSecret(t *testing.T) {
	is := is.New(t)
	shared := Config{TLSConfig: TLSConfig{ClientKey: "opensesame"}, SASLConfig: SASLConfig{Password: "opensesame"}}
	is.True(!strings.Contains(fmt.Sprintf("%+v", &Source{config: SourceConfig{Config: shared}}), "opensesame"))
	is.True(!strings.Contains(fmt.Sprintf("%+v", &Destination{config: DestinationConfig{Config: shared}}), "opensesame"))
}
