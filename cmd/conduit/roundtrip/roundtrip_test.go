package main

import (
	"context"
	"testing"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/conduitio/conduit-connector-kafka/test/expect"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

func TestBringsEveryRecordBack(t *testing.T) {
	is := is.New(t)
	p := start(t, "", "-records", "500")
	is.Equal(p.wait(), 0)
	for _, row := range []struct{ name, want string }{
		{"asked for", "500"}, {"written", "500"}, {"read back", "500"},
		{"missing", "0"}, {"changed", "0"}, {"duplicated", "0"}, {"out of order", "0"},
	} {
		is.Equal(p.find(`(?m)^ +`+row.name+` +([\d,]+)`), row.want)
	}
	expect.Text(t, p.out.String(), "OK: every record came back")
	is.Equal(countLines(p.read("out/*/records.jsonl")), 500)
	expect.Text(t, p.read("out/*/conduit.log"), "all pipelines stopped gracefully")
}

func TestStopsAtCtrlCAndSaysWhatWasDone(t *testing.T) {
	is := is.New(t)
	p := start(t, "", "-records", "50000000")
	p.await("records in the output", func() bool { return p.find(`read back ([1-9])`) != "" })
	p.interrupt()
	is.Equal(p.wait(), 130)
	is.True(p.find(`(INTERRUPTED after)`) != "")
	is.True(p.find(`(?m)^ +written +([1-9])`) != "")
	is.True(p.find(`(?m)^ +read back +([1-9])`) != "")
	is.Equal(p.find(`(?m)^ +changed +(\d+)`), "0")
	is.Equal(p.find(`(?m)^ +duplicated +(\d+)`), "0")
	expect.Text(t, p.read("out/*/conduit.log"), "all pipelines stopped gracefully")
}

// What somebody else writes into the topic during the run stands for any record
// that is not what was generated.
func TestFailsWhenARecordIsNotWhatWasGenerated(t *testing.T) {
	is := is.New(t)
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
	is.NoErr(err)
	defer cluster.Close()
	servers := cluster.ListenAddrs()
	cl, err := kclient.New(servers)
	is.NoErr(err)
	defer cl.Close()

	p := start(t, servers[0], "-records", "100000")
	var topic string
	p.await("topic", func() bool { topic = p.find(`topic (roundtrip-\S+)`); return topic != "" })
	is.NoErr(cl.Produce(context.Background(), &kgo.Record{Topic: topic, Value: []byte("not generated")}))

	is.Equal(p.wait(), 1)
	is.Equal(p.find(`(?m)^ +written +([\d,]+)`), "100,001")
	is.Equal(p.find(`(?m)^ +missing +(\d+)`), "0")
	is.Equal(p.find(`(?m)^ +changed +(\d+)`), "1")
	expect.Text(t, p.out.String(), "has no generated record as its payload")
	expect.Text(t, p.out.String(), "FAILED: not every record came back as it was generated")
}

func TestSaysWhichKafkaItCannotReach(t *testing.T) {
	is := is.New(t)
	p := start(t, "127.0.0.1:1")
	is.Equal(p.wait(), 1)
	expect.Text(t, p.out.String(), "connect to Kafka at 127.0.0.1:1")
	expect.Text(t, p.out.String(), "connection refused")
}

func TestShowsWhatConduitSaidWhenItEndsByItself(t *testing.T) {
	is := is.New(t)
	t.Setenv("CONDUIT_LOG_LEVEL", "nonsense")
	p := start(t, "", "-records", "500")
	is.Equal(p.wait(), 1)
	expect.Text(t, p.out.String(), "FAILED: conduit ended by itself")
	is.True(p.find(`Conduit: .*(log.level)`) != "")
}

func TestNamesEveryWrongOptionAtOnce(t *testing.T) {
	is := is.New(t)
	p := start(t, "", "-records", "0", "-pipelines", "nowhere.yaml", "more")
	is.Equal(p.wait(), 1)
	for _, want := range []string{"records: 0", "pipelines: ", "nowhere.yaml", `unknown arguments: ["more"]`} {
		expect.Text(t, p.out.String(), want)
	}
}
