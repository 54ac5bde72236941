package kafka

import (
	"context"
	"errors"
	"testing"

	"github.com/matryer/is"
)

func TestNamesOfSettingsAreThoseOfTheSpecification(t *testing.T) {
	is := is.New(t)
	spec := Connector.NewSpecification()
	for _, name := range []string{Servers, Topic, SecurityProtocol, ReadFromBeginning} {
		_, ok := spec.SourceParams[name]
		is.True(ok)
	}
	for _, name := range []string{Servers, Topic, SecurityProtocol, Acks, DeliveryTimeout} {
		_, ok := spec.DestinationParams[name]
		is.True(ok)
	}
}

func TestRequiredSettingsAreEnough(t *testing.T) {
	is := is.New(t)
	settings := make(map[string]string)
	for _, name := range Required {
		settings[name] = map[string]string{Servers: "a:1", Topic: "t"}[name]
	}
	_, err := Parse(settings)
	is.NoErr(err)
	_, err = ParseSource(settings)
	is.NoErr(err)
	_, err = ParseDestination(settings)
	is.NoErr(err)
}

func TestMissingSettingsAreFoundByErrorsIs(t *testing.T) {
	shared := func(s map[string]string) error { _, err := Parse(s); return err }
	source := func(s map[string]string) error { _, err := ParseSource(s); return err }
	destination := func(s map[string]string) error { _, err := ParseDestination(s); return err }
	for name, c := range map[string]struct {
		settings       map[string]string
		parse          func(map[string]string) error
		servers, topic bool
	}{
		"shared, nothing":          {nil, shared, true, false},
		"shared, blank servers":    {map[string]string{"servers": " , "}, shared, true, false},
		"source, nothing":          {nil, source, true, true},
		"source, no topic":         {map[string]string{"servers": "a:1"}, source, false, true},
		"source, no servers":       {map[string]string{"topicsRegex": "a"}, source, true, false},
		"source, a wrong topic":    {map[string]string{"servers": "a:1", "topic": "a b"}, source, false, false},
		"destination, no servers":  {map[string]string{"topic": "t"}, destination, true, false},
		"destination, wrong names": {map[string]string{"servers": "a", "topic": "."}, destination, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			err := c.parse(c.settings)
			is.True(err != nil)
			is.Equal(errors.Is(err, ErrServersMissing), c.servers)
			is.Equal(errors.Is(err, ErrTopicMissing), c.topic)
		})
	}
	t.Run("destination, no topic", func(t *testing.T) { // which a pipeline file can't have: there is a default
		is := is.New(t)
		c, err := ParseDestination(map[string]string{"servers": "a:1"})
		is.NoErr(err)
		c.Topic = ""
		err = c.Validate(context.Background())
		is.True(errors.Is(err, ErrTopicMissing))
		is.True(!errors.Is(err, ErrServersMissing))
	})
}
