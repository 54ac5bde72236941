package kafka

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/conduitio/conduit-commons/lang"
	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/internal/consumer"
	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

var (
	goodSource      = map[string]string{"servers": "localhost:9092", "topics": "orders"}
	goodDestination = map[string]string{"servers": "localhost:9092"}
)

// changed returns a copy of settings with changes.
func changed(settings, changes map[string]string) map[string]string {
	out := maps.Clone(settings)
	maps.Copy(out, changes)
	return out
}

// parsers are the ways to read the settings that both sides share, each with
// what it needs to succeed.
var parsers = map[string]func(changes map[string]string) (Config, error){
	"Parse": func(changes map[string]string) (Config, error) {
		return Parse(changed(goodDestination, changes))
	},
	"ParseSource": func(changes map[string]string) (Config, error) {
		c, err := ParseSource(changed(goodSource, changes))
		return c.Config, err
	},
	"ParseDestination": func(changes map[string]string) (Config, error) {
		c, err := ParseDestination(changed(goodDestination, changes))
		return c.Config, err
	},
}

// complaint is a line of an error about settings: the name of the setting, and
// words out of what is said about it.
type complaint struct{ setting, says string }

// expectComplaints wants an error of these lines in any order, and no others.
func expectComplaints(t *testing.T, err error, want ...complaint) {
	t.Helper()
	is := is.New(t)
	is.True(err != nil) // something is wrong
	lines := strings.Split(strings.TrimPrefix(err.Error(), "config invalid: "), "\n")
	for _, w := range want {
		i := slices.IndexFunc(lines, func(line string) bool {
			return strings.HasPrefix(line, w.setting+": ") && strings.Contains(line, w.says)
		})
		if i < 0 {
			t.Errorf("no line says %q about %q:\n%v", w.says, w.setting, err)
			continue
		}
		lines = slices.Delete(lines, i, i+1)
	}
	is.Equal(lines, []string{}) // nothing else is said
}

func TestSettingsLeftOutHaveTheirDefaults(t *testing.T) {
	is := is.New(t)
	for _, parse := range parsers {
		c, err := parse(nil)
		is.NoErr(err)
		is.Equal(c, Config{
			Servers: []string{"localhost:9092"}, ClientID: "conduit-connector-kafka",
			DialTimeout: 5 * time.Second, RequestTimeout: 30 * time.Second, Metrics: true,
			TLSConfig: TLSConfig{VerifyHostname: lang.Ptr(true)},
		})
	}

	s, err := ParseSource(changed(goodSource, nil))
	is.NoErr(err)
	is.Equal(s.Topics, []string{"orders"})
	is.Equal(s.GroupConfig, GroupConfig{
		GroupProtocol: "classic", GroupBalancer: []string{"cooperative-sticky", "range"}, SessionTimeout: 45 * time.Second,
		HeartbeatInterval: 3 * time.Second, RebalanceTimeout: time.Minute, RetryGroupJoinErrors: true,
	})
	is.Equal(s.StartConfig, StartConfig{AutoOffsetReset: "earliest"})
	is.Equal(s.FetchConfig, FetchConfig{
		IsolationLevel: "read_committed", FetchMinBytes: 1, FetchMaxBytes: 16 << 20, FetchMaxPartitionBytes: 1 << 20,
		FetchMaxWait: 500 * time.Millisecond, MaxUncommitted: 3_000_000,
	})
	is.Equal(s.CommitOffsetsSize, 1000)
	is.Equal(s.CommitOffsetsDelay, 5*time.Second)
	is.Equal(*s.SourceWithSchemaExtraction.KeyEnabled, false)
	is.Equal(*s.SourceWithSchemaExtraction.PayloadEnabled, false)

	d, err := ParseDestination(changed(goodDestination, nil))
	is.NoErr(err)
	is.Equal(d.Topic, `{{ index .Metadata "opencdc.collection" }}`)
	is.Equal(d.Acks, "all")
	is.Equal(d.DeliveryTimeout, 10*time.Second)
	is.Equal(d.Compression, "snappy")
	is.Equal(d.BatchBytes, 1000012)
}

func TestSettingsThatAreGivenAreTaken(t *testing.T) {
	is := is.New(t)
	for _, parse := range parsers {
		c, err := parse(map[string]string{
			"servers": "a:1,b:2", "clientID": "me", "dialTimeout": "1s", "requestTimeout": "1m", "metrics": "false",
			"tls.enabled": "true", "saslUsername": "u", "saslPassword": "p",
		})
		is.NoErr(err)
		is.Equal(c, Config{
			Servers: []string{"a:1", "b:2"}, ClientID: "me", DialTimeout: time.Second, RequestTimeout: time.Minute,
			TLSConfig: TLSConfig{TLSEnabled: true, VerifyHostname: lang.Ptr(true)}, SASLConfig: SASLConfig{Username: "u", Password: "p"},
		})
	}

	s, err := ParseSource(changed(goodSource, map[string]string{
		"groupID": "g", "readFromBeginning": "true", "autoOffsetReset": "error", "retryGroupJoinErrors": "false",
		"groupInstanceID": "i", "groupBalancer": "sticky, roundrobin", "sessionTimeout": "6s", "heartbeatInterval": "1s", "rebalanceTimeout": "10s",
		"isolationLevel": "read_uncommitted", "fetchMinBytes": "2", "fetchMaxBytes": "4", "fetchMaxPartitionBytes": "3", "fetchMaxWait": "1s", "rackID": "r",
		"maxUncommitted": "7", "tombstonesAsDeletes": "true",
		"commitOffsetsSize": "0", "commitOffsetsDelay": "0s", "sdk.schema.extract.payload.enabled": "true",
	}))
	is.NoErr(err)
	is.Equal(s.GroupConfig, GroupConfig{
		GroupID: "g", GroupProtocol: "classic", GroupInstanceID: "i", GroupBalancer: []string{"sticky", " roundrobin"},
		SessionTimeout: 6 * time.Second, HeartbeatInterval: time.Second, RebalanceTimeout: 10 * time.Second,
	})
	reads, err := s.resolve()
	is.NoErr(err)
	is.Equal(reads.Group.Balancers, []string{"sticky", "roundrobin"})
	is.Equal(s.TombstonesAsDeletes, true)
	is.Equal(s.StartConfig, StartConfig{ReadFromBeginning: true, AutoOffsetReset: "error"})
	is.Equal(s.FetchConfig, FetchConfig{
		IsolationLevel: "read_uncommitted", FetchMinBytes: 2, FetchMaxBytes: 4, FetchMaxPartitionBytes: 3,
		FetchMaxWait: time.Second, MaxUncommitted: 7, RackID: "r",
	})
	is.Equal(reads.Fetch.ReadCommitted, false)
	is.Equal(reads.Fetch.Rack, "r")
	is.Equal(s.CommitOffsetsSize, 0)
	is.Equal(s.CommitOffsetsDelay, time.Duration(0))
	is.Equal(*s.SourceWithSchemaExtraction.PayloadEnabled, true)

	d, err := ParseDestination(changed(goodDestination, map[string]string{
		"topic": "t", "acks": "1", "deliveryTimeout": "1m", "compression": "zstd", "batchBytes": "1",
	}))
	is.NoErr(err)
	is.Equal(d.Topic, "t")
	is.Equal(d.Acks, "1")
	is.Equal(d.DeliveryTimeout, time.Minute)
	is.Equal(d.Compression, "zstd")
	is.Equal(d.BatchBytes, 1)
}

func TestBlanksAroundListItemsDoNotCount(t *testing.T) {
	is := is.New(t)
	for _, parse := range parsers {
		c, err := parse(map[string]string{"servers": " a:1 , ,\tb:2 ,"})
		is.NoErr(err)
		is.Equal(c.servers(), []string{"a:1", "b:2"})
	}
	for _, name := range []string{"topics", "topic"} {
		s, err := ParseSource(map[string]string{"servers": "a:1", name: " y , ,x, y ,"})
		is.NoErr(err)
		reads, err := s.resolve()
		is.NoErr(err)
		is.Equal(reads.Group.Topics, []string{"x", "y"}) // each once
	}
}

func TestTopicsAreChosenByTheirWholeName(t *testing.T) {
	is := is.New(t)
	s, err := ParseSource(map[string]string{"servers": "a:1", "topicsRegex": `orders\..*|payments`, "topicsExclude": `.*\.(test|dlq)`})
	is.NoErr(err)
	reads, err := s.resolve()
	is.NoErr(err)
	for topic, want := range map[string]bool{
		"orders.eu": true, "orders.": true, "payments": true, "orders.test.eu": true,
		"orders": false, "my-orders.eu": false, "payments2": false, "orders.eu.test": false, "orders.dlq": false,
	} {
		is.Equal(reads.Group.Match(topic), want) // topic
	}
	s, err = ParseSource(changed(goodSource, nil))
	is.NoErr(err)
	reads, err = s.resolve()
	is.NoErr(err)
	is.True(reads.Group.Match == nil)
}

func TestWhereASourceStarts(t *testing.T) {
	for startAt, want := range map[string]struct {
		at            consumer.StartAt
		fromBeginning bool
	}{
		"":                           {},
		"earliest":                   {fromBeginning: true},
		" latest ,":                  {},
		"2026-01-31T08:00:00Z":       {at: consumer.StartAt{Time: time.Date(2026, 1, 31, 8, 0, 0, 0, time.UTC)}},
		"orders:0:15, orders.eu:7:0": {at: consumer.StartAt{Offsets: map[string]map[int32]int64{"orders": {0: 15}, "orders.eu": {7: 0}}}},
	} {
		t.Run(startAt, func(t *testing.T) {
			is := is.New(t)
			s, err := ParseSource(changed(goodSource, map[string]string{"startAt": startAt, "topicsRegex": "orders.*"}))
			is.NoErr(err)
			at, fromBeginning, err := s.startsAt()
			is.NoErr(err)
			is.Equal(at, want.at)
			is.Equal(fromBeginning, want.fromBeginning)
		})
	}
}

func TestParseLeavesOutTheSettingsOfEitherSide(t *testing.T) {
	is := is.New(t)
	_, err := Parse(changed(goodDestination, map[string]string{"acks": "two", "topics": "not allowed", "commitOffsetsSize": "-1", "unheard.of": "x"}))
	is.NoErr(err)
}

func TestValidateChangesNothing(t *testing.T) {
	is := is.New(t)
	s, err := ParseSource(changed(goodSource, nil))
	is.NoErr(err)
	s.Servers, s.Topics = []string{" b:1", "", "a:2"}, []string{"y ", "x", "", "x"}
	before := s
	before.Servers, before.Topics = slices.Clone(s.Servers), slices.Clone(s.Topics)
	is.NoErr(s.Validate(context.Background()))
	is.Equal(s, before)

	d, err := ParseDestination(changed(goodDestination, map[string]string{"headers": " b: {{ .Operation }}\n\n a: x", "allowedTopics": "y ,,x"}))
	is.NoErr(err)
	d.Servers = []string{"a:1 "}
	want := d
	is.NoErr(d.Validate(context.Background()))
	is.Equal(d, want)
}

func TestSettingsOfTheWrongTypeAreNamed(t *testing.T) {
	is := is.New(t)
	for _, parse := range parsers {
		_, err := parse(map[string]string{"tls.enabled": "maybe"})
		is.True(err != nil) // a bool is expected
		expect.Error(t, err, "tls.enabled")
	}
	_, err := ParseSource(changed(goodSource, map[string]string{"commitOffsetsSize": "many", "commitOffsetsDelay": "soon", "nonsense": "x"}))
	is.True(err != nil)
	for _, name := range []string{"commitOffsetsSize", "commitOffsetsDelay", "nonsense"} {
		expect.Error(t, err, name)
	}
}

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
