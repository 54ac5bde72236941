package group

import (
	"context"
	"sync"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/wire"
)

// session is what members of both protocols have: a coordinator that knows them, topics
// and committed offsets.
type session struct {
	client *cluster.Client
	cfg    Config

	mu         sync.Mutex // guards what Commit reads
	memberID   string
	generation int32                      // or the member's epoch; -1 outside of the group
	heldIDs    map[string]cluster.TopicID // of the topics of what is held; nil where assignments name topics

	topics     []string           // that this member subscribes to
	subscribed bool               // topics is set
	warned     map[string]trouble // of topics, that Warn was called with
}

func newSession(client *cluster.Client, cfg Config) session {
	if cfg.Warn == nil {
		cfg.Warn = func(string, error) {}
	}
	if cfg.Info == nil {
		cfg.Info = func(string) {}
	}
	return session{client: client, cfg: cfg, generation: -1, warned: make(map[string]trouble)}
}

// leaveCoordinator makes the next request ask for the coordinator first.
func (s *session) leaveCoordinator() { s.client.ForgetCoordinator(s.cfg.GroupID) }

func (s *session) setGeneration(generation int32) {
	s.mu.Lock()
	s.generation = generation
	s.mu.Unlock()
}

func (s *session) setMember(id string, generation int32) {
	s.mu.Lock()
	s.memberID, s.generation = id, generation
	s.mu.Unlock()
}

// ids are the IDs of topics, as far as they are known from the assignment.
func (s *session) ids(p Partitions) map[string]cluster.TopicID {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make(map[string]cluster.TopicID, len(p))
	for topic := range p {
		if id := s.heldIDs[topic]; id != (cluster.TopicID{}) {
			out[topic] = id
		}
	}
	return out
}

// identity is what requests carry.
func (s *session) identity() (memberID string, generation int32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.memberID, s.generation
}

// connect returns a connection to the coordinator.
func (s *session) connect(ctx context.Context, p cluster.Purpose) (*wire.Conn, error) {
	return coordinator(ctx, s.client, s.cfg.GroupID, p)
}

// forgetUnfit makes the next request ask for the coordinator of a group after an error that
// another one may not give.
func forgetUnfit(client *cluster.Client, group string, err error) {
	if err != nil && cluster.Retriable(err) {
		client.ForgetCoordinator(group)
	}
}

// coordinator connects to the coordinator of a group.
func coordinator(ctx context.Context, client *cluster.Client, group string, p cluster.Purpose) (*wire.Conn, error) {
	id, err := client.Coordinator(ctx, group)
	if err != nil {
		return nil, err
	}
	return client.Broker(ctx, id, p)
}
