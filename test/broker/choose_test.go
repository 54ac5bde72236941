package broker_test

import (
	"errors"
	"testing"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/test/broker"
	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

func TestStart_says_in_one_line_what_is_missing(t *testing.T) {
	is := is.New(t)
	t.Setenv("KAFKA_TEST_SERVERS", "")
	t.Setenv("PATH", t.TempDir())
	_, err := broker.Start(t.Context(), broker.Options{})
	is.True(errors.Is(err, broker.ErrUnavailable))
	is.Equal(err.Error(), "start Kafka: no Kafka: Docker is not installed and Java is not installed: "+
		"start Docker, or install Java 17 and Maven, or set KAFKA_TEST_SERVERS=host:port,…")
}

func TestStart_does_not_change_a_cluster_that_is_not_its_own(t *testing.T) {
	t.Setenv("KAFKA_TEST_SERVERS", "127.0.0.1:1")
	for name, o := range map[string]broker.Options{
		"faults":     {Faults: true},
		"proxied":    {Proxied: true},
		"secure":     {Secure: true},
		"properties": {Properties: map[string]string{"a": "b"}},
		"version":    {Version: "2.8.2"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := broker.Start(t.Context(), o)
			is.New(t).True(errors.Is(err, broker.ErrUnavailable))
		})
	}
}

func TestStart_refuses_a_number_of_nodes_that_it_cannot_start(t *testing.T) {
	is := is.New(t)
	_, err := broker.Start(t.Context(), broker.Options{Nodes: 2})
	is.True(err != nil)
	expect.Error(t, err, "2 nodes: must be 1 or 3")
	is.True(!errors.Is(err, broker.ErrUnavailable))
}

func TestStart_refuses_a_version_that_it_cannot_start(t *testing.T) {
	for _, version := range []string{"1.1.1", "2.3.1", "4", "4.1", "4.1.1-rc1", "latest"} {
		t.Run(version, func(t *testing.T) {
			is := is.New(t)
			t.Setenv(broker.VersionEnv, version)
			_, err := broker.Start(t.Context(), broker.Options{})
			is.True(err != nil)
			expect.Error(t, err, version)
			is.True(!errors.Is(err, broker.ErrUnavailable))
		})
	}
	is := is.New(t)
	_, err := broker.Start(t.Context(), broker.Options{Version: "2.4.1", Secure: true})
	is.True(err != nil)
	is.Equal(err.Error(), "start Kafka: version 2.4.1 has no TLS listeners here")
}

func TestStart_wants_Java_for_a_version_without_an_image(t *testing.T) {
	is := is.New(t)
	t.Setenv("KAFKA_TEST_SERVERS", "")
	t.Setenv("PATH", t.TempDir())
	_, err := broker.Start(t.Context(), broker.Options{Version: "2.8.2"})
	is.True(errors.Is(err, broker.ErrUnavailable))
	is.Equal(err.Error(), "start Kafka: no Kafka: Java is not installed: install Java 17 and Maven, without which there is no version 2.8.2")
}
