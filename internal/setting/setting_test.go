package setting_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/internal/setting"
)

func TestErrorsNameTheSettingAndWhatIsAllowed(t *testing.T) {
	long := strings.Repeat("x", math.MaxInt16+1)
	for want, err := range map[string]error{
		`acks: "two" is not allowed: all, one or none`:                                             setting.Invalid("acks", `"two" is not allowed: all, one or none`, ""),
		`servers: none is given, for example "localhost:9092"`:                                     setting.Invalid("servers", "none is given", "localhost:9092"),
		`fetchMaxBytes: 0 is not allowed: 1 to 9 bytes, for example "5"`:                           setting.Within("fetchMaxBytes", 0, 1, 9, " bytes", "5"),
		`fetchMaxBytes: 10 is not allowed: 1 to 9`:                                                 setting.Within("fetchMaxBytes", 10, 1, 9, "", ""),
		`dialTimeout: -1s is not allowed: 1ms to 1m0s, for example "5s"`:                           setting.Within("dialTimeout", -time.Second, time.Millisecond, time.Minute, "", "5s"),
		`retry.backoff: -1ns is not allowed: 0s or more, for example "100ms"`:                      setting.AtLeast("retry.backoff", time.Duration(-1), 0, "0s or more", "100ms"),
		`rackID: it has 32768 bytes, up to 32767 are allowed`:                                      setting.Text("rackID", long, ""),
		`topics: "a b" has characters that are not allowed: letters, digits, '.', '_' and '-' are`: setting.Topic("topics", "a b"),
	} {
		if err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

func TestErrorsAreFoundInOthers(t *testing.T) {
	is := is.New(t)
	missing := errors.New("missing")
	err := fmt.Errorf("config invalid: %w", errors.Join(nil, &setting.Error{Name: "topic", Problem: "it is required", Err: missing}))
	var about *setting.Error
	is.True(errors.As(err, &about))
	is.Equal(about.Name, "topic")
	is.True(errors.Is(err, missing))
	is.Equal(about.Error(), "topic: it is required")
}

func TestLimitsAreAllowed(t *testing.T) {
	is := is.New(t)
	is.NoErr(setting.Within("n", 1, 1, 9, "", ""))
	is.NoErr(setting.Within("n", 9, 1, 9, "", ""))
	is.NoErr(setting.AtLeast("n", 0, 0, "0 or more", ""))
	is.NoErr(setting.Text("n", strings.Repeat("x", math.MaxInt16), ""))
}

func TestListLeavesOutBlanks(t *testing.T) {
	is := is.New(t)
	is.Equal(setting.List([]string{" a", "", " ", "b\t", "c d"}), []string{"a", "b", "c d"})
	is.Equal(len(setting.List(nil)), 0)
}
