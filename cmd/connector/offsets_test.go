package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	sdk "github.com/conduitio/conduit-connector-sdk"

	kafka "github.com/conduitio/conduit-connector-kafka"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
	"github.com/conduitio/conduit-connector-kafka/test/expect"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
	"github.com/conduitio/conduit-connector-kafka/test/sides"
)

// offsets returns the exit status and what was printed.
func offsets(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var out, errOut bytes.Buffer
	status = runOffsets(ctx, args, &out, &errOut)
	t.Log(args, status, "\n"+out.String(), errOut.String())
	return status, out.String(), errOut.String()
}

// reader is a source with a pipeline's settings, and the position of the last record that
// it acknowledged.
type reader struct {
	*is.I
	t        *testing.T
	ctx      context.Context
	settings map[string]string
	truth    *kclient.Client
	topic    string
	source   sdk.Source
	position []byte
}

// newReader writes ten records to each of two partitions of a topic, of which a source has
// read and acknowledged all.
func newReader(t *testing.T, servers []string, topic string) *reader {
	t.Helper()
	truth, err := kclient.New(servers)
	is.New(t).NoErr(err)
	t.Cleanup(truth.Close)
	r := &reader{
		I: is.New(t), t: t, ctx: sides.Guarded(t, zerolog.Nop()), truth: truth, topic: topic,
		settings: map[string]string{"servers": strings.Join(servers, ","), "topics": topic, "groupID": "g-" + topic, "readFromBeginning": "true"},
	}
	for n := range 20 {
		r.NoErr(truth.Produce(r.ctx, &kgo.Record{Topic: topic, Partition: int32(n % 2), Value: []byte(fmt.Sprint(n))}))
	}
	r.open()
	r.read(20)
	return r
}

func (r *reader) open() {
	r.t.Helper()
	var err error
	r.source, err = sides.OpenSource(r.ctx, r.settings, r.position)
	r.NoErr(err)
}

func (r *reader) stop() {
	r.t.Helper()
	r.NoErr(r.source.Teardown(r.ctx))
}

// read returns the offsets by partition of the next n records, which are acknowledged.
func (r *reader) read(n int) map[int32][]int64 {
	r.t.Helper()
	out := make(map[int32][]int64)
	for n > 0 {
		records, err := r.source.ReadN(r.ctx, 1)
		r.NoErr(err)
		for _, record := range records {
			p, err := kafka.ParsePosition(record.Position)
			r.NoErr(err)
			out[p.Partition] = append(out[p.Partition], p.Offset)
			r.NoErr(r.source.Ack(r.ctx, record.Position))
			r.position = record.Position
		}
		n -= len(records)
	}
	r.Equal(n, 0)
	return out
}

// arguments are the settings as arguments after others.
func (r *reader) arguments(args ...string) []string {
	for name, value := range r.settings {
		args = append(args, name+"="+value)
	}
	return args
}

// conduit is Conduit's API, as far as it tells of this source.
func (r *reader) conduit() string {
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.URL.Path != "/v1/connectors/orders:from" {
			http.NotFound(w, req)
			return
		}
		answer := map[string]any{"id": "orders:from", "sourceState": map[string]any{"position": r.position}}
		_ = json.NewEncoder(w).Encode(answer)
	}))
	r.t.Cleanup(api.Close)
	return api.URL
}

func embeddedReader(t *testing.T) *reader {
	c := embedded.Start(t, kfake.NumBrokers(1), kfake.SeedTopics(2, "orders"))
	return newReader(t, c.ListenAddrs(), "orders")
}

func TestOffsetsAreShown(t *testing.T) {
	r := embeddedReader(t)
	for { // until all is committed
		status, out, _ := offsets(t, r.arguments("show", "-conduit", r.conduit(), "-connector", "orders:from")...)
		r.Equal(status, 0)
		r.True(contains(out, `^source: group g-orders is stable, 1 member$`))
		r.True(contains(out, `^  TOPIC +PARTITION +CURRENT-OFFSET +LOG-END-OFFSET +LAG +CONDUIT-OFFSET +CONSUMER-ID +HOST +CLIENT-ID$`))
		if strings.Count(out, " 10              10              0    10 ") == 2 || contains(out, `^  orders +0 +10 +10 +0 `) && contains(out, `^  orders +1 +10 +10 +0 `) {
			r.True(contains(out, `^  orders +\d +10 +10 +0 +10 +conduit-connector-kafka-\S+ +\S+ +conduit-connector-kafka$`))
			break
		}
		r.NoErr(r.ctx.Err())
		time.Sleep(50 * time.Millisecond)
	}
	r.stop()

	status, out, _ := offsets(t, r.arguments("show", "--json")...)
	r.Equal(status, 0)
	var got groupJSON
	r.NoErr(json.Unmarshal([]byte(out), &got))
	r.Equal(got.Group, "g-orders")
	r.Equal(got.State, "Empty")
	r.Equal(len(got.Partitions), 2)
	r.Equal(*got.Partitions[1].CurrentOffset, int64(10))
	r.Equal(*got.Partitions[1].LogStart, int64(0))
	r.Equal(*got.Partitions[1].Lag, int64(0))
	r.True(got.Partitions[1].ConduitOffset == nil)
}

// The position that Conduit holds says that all was acknowledged, and yet the source goes
// on where the group was put.
func TestASourceGoesOnWhereItsGroupWasReset(t *testing.T) {
	r := embeddedReader(t)
	status, _, stderr := offsets(t, r.arguments("reset", "-to-earliest", "-execute")...)
	r.Equal(status, statusActive)
	expect.Text(t, stderr, `group "g-orders" is stable`, "conduit-connector-kafka-", "stop the pipelines")
	r.stop()

	status, out, _ := offsets(t, r.arguments("reset", "-to-offset", "7")...)
	r.Equal(status, 0)
	expect.Text(t, out, "dry run: nothing was changed")
	r.True(contains(out, `^  TOPIC +PARTITION +CURRENT-OFFSET +NEW-OFFSET$`))
	r.True(contains(out, `^  orders +1 +10 +7$`))
	committed, err := r.truth.Committed(r.ctx, "g-orders", "orders")
	r.NoErr(err)
	r.Equal(committed, map[int32]int64{0: 10, 1: 10})

	status, out, _ = offsets(t, r.arguments("reset", "-to-offset=7", "-topic", "orders:1", "--execute")...)
	r.Equal(status, 0)
	r.True(contains(out, `^source: group g-orders, reset$`))
	r.open()
	r.Equal(r.read(3), map[int32][]int64{1: {7, 8, 9}})
	r.stop()

	// Back with the first position, as after a kill in which the last commits were lost.
	status, _, _ = offsets(t, r.arguments("reset", "-shift-by", "-2", "-execute")...)
	r.Equal(status, 0)
	r.open()
	r.Equal(r.read(4), map[int32][]int64{0: {8, 9}, 1: {8, 9}})
	r.stop()

	// What is exported is read again.
	status, out, _ = offsets(t, r.arguments("reset", "-to-current", "-export")...)
	r.Equal(status, 0)
	r.Equal(out, "orders,0,10\norders,1,10\n")
	file := filepath.Join(t.TempDir(), "offsets.csv")
	r.NoErr(os.WriteFile(file, []byte("orders,0,9\n"), 0o600))
	status, out, _ = offsets(t, r.arguments("reset", "-from-file", file, "-json", "-execute")...)
	r.Equal(status, 0)
	var got groupJSON
	r.NoErr(json.Unmarshal([]byte(out), &got))
	r.True(*got.Executed)
	r.Equal(len(got.Moves), 1)
	r.Equal(got.Moves[0].NewOffset, int64(9))
	r.open()
	r.Equal(r.read(1), map[int32][]int64{0: {9}})
	r.stop()
}

// A generated group is known from the position alone.
func TestAGeneratedGroupIsFoundInThePosition(t *testing.T) {
	r := embeddedReader(t)
	r.stop()
	delete(r.settings, "groupID")
	status, _, stderr := offsets(t, r.arguments("show")...)
	r.Equal(status, 1)
	expect.Text(t, stderr, "groupID", "Conduit's API")
	status, out, _ := offsets(t, r.arguments("show", "-conduit", r.conduit(), "-connector", "orders:from")...)
	r.Equal(status, 0)
	expect.Text(t, out, "group g-orders")

	status, _, stderr = offsets(t, r.arguments("show", "-conduit", r.conduit(), "-connector", "other")...)
	r.Equal(status, 1)
	expect.Text(t, stderr, `connector "other"`, "there is no such connector")
	status, _, stderr = offsets(t, r.arguments("show", "-conduit", "http://user:opensesame@127.0.0.1:1", "-connector", "x")...)
	r.Equal(status, 1)
	expect.Text(t, stderr, "127.0.0.1:1", "refused")
	r.True(!strings.Contains(stderr, "opensesame"))
}

func TestOffsetsOfTheSourcesOfAFile(t *testing.T) {
	r := embeddedReader(t)
	r.stop()
	file := filepath.Join(t.TempDir(), "pipelines.yaml")
	text := `version: "2.2"
pipelines:
  - id: copy
    connectors:
      - {id: from, type: source, plugin: builtin:kafka, settings: {servers: "%[1]s", topics: orders, groupID: g-orders}}
      - {id: to, type: destination, plugin: builtin:kafka, settings: {servers: "%[1]s", topic: copy}}
  - id: other
    connectors:
      - {id: from, type: source, plugin: builtin:kafka, settings: {servers: "%[1]s", topicsRegex: "or.*", groupID: other}}
      - {id: wrong, type: source, plugin: builtin:kafka, settings: {servers: "%[1]s", topics: $TEST_NOTHING, groupID: other}}
`
	r.NoErr(os.WriteFile(file, fmt.Appendf(nil, text, r.settings["servers"]), 0o600))
	status, out, stderr := offsets(t, "show", "-config", file)
	r.Equal(status, 2)
	r.True(contains(out, `^source copy:from: group g-orders is empty, 0 members$`))
	r.True(contains(out, `^source other:from: group other is dead, 0 members$`))
	r.True(contains(out, `^  orders +1 +- +10 +- +- +- +-$`))
	expect.Text(t, stderr, "source other:wrong: topics: it is empty: $TEST_NOTHING is not set")

	status, _, stderr = offsets(t, "reset", "-config", file, "-to-latest")
	r.Equal(status, 2)
	expect.Text(t, stderr, "the file has 3 Kafka sources: choose one with -connector: copy:from other:from other:wrong")
	status, _, stderr = offsets(t, "reset", "-config", file, "-connector", "to", "-to-latest")
	r.Equal(status, 2)
	expect.Text(t, stderr, "only sources have offsets")
	status, _, _ = offsets(t, "reset", "-config", file, "-connector", "other:from", "-to-latest", "-execute")
	r.Equal(status, 0)
	committed, err := r.truth.Committed(r.ctx, "other", "orders")
	r.NoErr(err)
	r.Equal(committed, map[int32]int64{0: 10, 1: 10})
}

func TestOffsetsSayWhatIsWrongWithTheArguments(t *testing.T) {
	source := []string{"servers=localhost:1", "topics=orders", "groupID=g"}
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"nothing":                   {nil, "show or reset"},
		"another word":              {[]string{"delete"}, "show or reset"},
		"no source":                 {[]string{"show"}, "there is no source"},
		"both":                      {[]string{"show", "-config", "x", "servers=x"}, "not both"},
		"no target":                 {append([]string{"reset"}, source...), "say where to reset to: -to-earliest"},
		"two targets":               {append([]string{"reset", "-to-earliest", "-to-offset", "1"}, source...), "not several: -to-earliest, -to-offset"},
		"a target with a value":     {append([]string{"reset", "-to-earliest=orders"}, source...), "-to-earliest: it takes no value"},
		"no offset":                 {append([]string{"reset", "-to-offset", "-1"}, source...), `-to-offset: "-1" is not an offset`},
		"no number":                 {append([]string{"reset", "-shift-by", "x"}, source...), `-shift-by: "x" is not a whole number`},
		"no time":                   {append([]string{"reset", "-to-datetime", "yesterday"}, source...), `-to-datetime: "yesterday" is not a time`},
		"a time before Kafka's":     {append([]string{"reset", "-to-datetime", "1969-01-31T06:00:00Z"}, source...), "begin with 1970"},
		"no duration":               {append([]string{"reset", "-by-duration", "-1h"}, source...), "-by-duration: "},
		"a duration of years":       {append([]string{"reset", "-by-duration", "P100000D"}, source...), "-by-duration: "},
		"no file":                   {append([]string{"reset", "-from-file", "nowhere.csv"}, source...), "-from-file: open nowhere.csv"},
		"no partition":              {append([]string{"reset", "-to-latest", "-topic", "orders:x"}, source...), "not the number of a partition"},
		"a target of show":          {append([]string{"show", "-to-latest"}, source...), "not defined"},
		"no setting":                {append([]string{"show", "topcis=x"}, source...), "did you mean topics?"},
		"a destination's":           {append([]string{"show", "acks=all"}, source...), "acks"},
		"a wrong setting":           {append([]string{"show", "sessionTimeout=x"}, source...), "sessionTimeout"},
		"no ID in Conduit":          {append([]string{"show", "-conduit", "http://localhost:1"}, source...), "-conduit needs the ID"},
		"no address of Conduit":     {append([]string{"show", "-conduit", "localhost:8080", "-connector", "x"}, source...), "-conduit: it is not the address"},
		"a table in two forms":      {append([]string{"reset", "-to-latest", "-json", "-export"}, source...), "either -json or -export"},
		"a password among the rest": {append([]string{"show", "-saslPassword=opensesame"}, source...), "settings have no - before them"},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			status, _, stderr := offsets(t, c.args...)
			is.Equal(status, 2)
			expect.Text(t, stderr, c.says)
			is.True(!strings.Contains(stderr, "opensesame"))
		})
	}
	status, _, stderr := offsets(t, "show", "-h")
	is.New(t).Equal(status, 0)
	expect.Text(t, stderr, "connector offsets reset")
}

func TestTimesAndDurationsAreReadInBothForms(t *testing.T) {
	is := is.New(t)
	for text, want := range map[string]string{
		"2026-01-31T06:00:00+02:00": "2026-01-31T04:00:00Z", "2026-01-31T06:00:00.500": "2026-01-31T06:00:00.5Z", "2026-01-31T06:00:00Z": "2026-01-31T06:00:00Z",
	} {
		at, err := parseTime(text)
		is.NoErr(err)
		is.Equal(at.UTC().Format(time.RFC3339Nano), want)
	}
	for text, want := range map[string]time.Duration{
		"90m": 90 * time.Minute, "PT1H30M": 90 * time.Minute, "P1D": 24 * time.Hour, "P2DT3H4M5.5S": 51*time.Hour + 4*time.Minute + 5500*time.Millisecond,
	} {
		d, err := parseDuration(text)
		is.NoErr(err)
		is.Equal(d, want)
	}
	for _, text := range []string{"", "P", "PT", "0s", "-5m", "P1Y", "5"} {
		_, err := parseDuration(text)
		is.True(err != nil)
	}
}

func TestTopicsAreChosenWholeOrByPartition(t *testing.T) {
	is := is.New(t)
	var topics topicFlags
	for _, value := range []string{"a:3,1", "a:2", "b:1", "b", "c", "c:1"} {
		is.NoErr(topics.Set(value))
	}
	is.Equal(topics, topicFlags{"a": {1, 2, 3}, "b": nil, "c": nil})
	for _, value := range []string{"", ":1", "a:", "a:-1", "a:1;2"} {
		is.True(topics.Set(value) != nil)
	}
}
