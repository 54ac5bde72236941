package consumer

import (
	"errors"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/fetch"
	"github.com/conduitio/conduit-connector-kafka/internal/group"
)

// A topic that the login may not describe holds up itself alone, as one does that it may
// not read (package fetch): others are started, a broker that has just started may not
// know its ACLs yet, and somebody may allow it.

// isDenied reports whether a topic may not be described.
func isDenied(err error) bool { return errors.Is(err, kafkago.TopicAuthorizationFailed) }

// retriable reports whether partitions go on to be started after an error.
func retriable(err error) bool { return fetch.Retriable(err) || isDenied(err) }

// leaveOut notes the topics of which the coordinator does not tell what is committed, as
// if they could not be described. It returns other errors.
func leaveOut(found map[string]cluster.Topic, err error) error {
	var denied *group.DeniedError
	if !errors.As(err, &denied) {
		return err
	}
	for _, name := range denied.Topics {
		found[name] = cluster.Topic{Name: name, Err: err}
	}
	return nil
}

// deny notes that partitions can't be started, if that is because the topic is denied.
func (s *starter) deny(err error, topic string, ids ...int32) {
	if isDenied(err) {
		s.mu.Lock()
		s.denied.Add(topic, ids...)
		s.mu.Unlock()
	}
}

// end fails if starting is in vain: after an error that stays, or if everything has been
// denied, from the start and for some seconds. misses is how many attempts were in vain
// before this one.
func (s *starter) end(misses int, err error) {
	s.mu.Lock()
	final := !retriable(err) || isDenied(err) && !s.begun && misses >= patience && s.denied.Len() == s.all
	s.mu.Unlock()
	if final {
		s.fail(err)
	}
}
