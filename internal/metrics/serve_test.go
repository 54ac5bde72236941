package metrics

import (
	"io"
	"net"
	"net/http"
	"testing"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

// freeAddress is one that nobody listens at.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	is.New(t).NoErr(err)
	is.New(t).NoErr(l.Close())
	return l.Addr().String()
}

// scrape returns what is served, or the error of asking for it.
func scrape(t *testing.T, address string) (string, error) {
	t.Helper()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Get("http://" + address + "/metrics")
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	return string(text), err
}

func TestServeEndsWithTheLastConnector(t *testing.T) {
	is := is.New(t)
	address := freeAddress(t)
	first, second := count(t, t.Name()+"-1", Source), count(t, t.Name()+"-2", Destination)
	is.NoErr(first.Serve(address))
	is.NoErr(second.Serve(address))
	is.NoErr(second.Serve(address)) // again

	text, err := scrape(t, address)
	is.NoErr(err)
	for _, id := range []string{"-1", "-2"} {
		expect.Text(t, text, `conduit_kafka_records_total{connector="`+t.Name()+id+`"`)
	}
	first.Close()
	_, err = scrape(t, address)
	is.NoErr(err)
	second.Close()
	_, err = scrape(t, address)
	is.True(err != nil) // nobody listens any more

	third := count(t, t.Name()+"-3", Source)
	defer third.Close()
	is.NoErr(third.Serve(address)) // the address is free again
}

func TestServeNamesTheSettingWhereTheAddressIsTaken(t *testing.T) {
	is := is.New(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	is.NoErr(err)
	defer l.Close()
	m := count(t, t.Name(), Source)
	defer m.Close()
	err = m.Serve(l.Addr().String())
	is.True(err != nil)
	expect.Error(t, err, "metricsAddress")
}

func TestServeNothingWithoutAnAddressOrMetrics(t *testing.T) {
	is := is.New(t)
	m := count(t, t.Name(), Source)
	defer m.Close()
	is.NoErr(m.Serve(""))
	is.NoErr((*Connector)(nil).Serve(freeAddress(t)))
	is.Equal(len(endpoints), 0)
}
