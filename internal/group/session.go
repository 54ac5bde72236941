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

	mu          sync.Mutex // guards what Commit reads
	coordinator int32      // -1 unknown
	memberID    string
	generation  int32 // or the member's epoch; -1 outside of the group

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
	return session{client: client, cfg: cfg, coordinator: -1, generation: -1, warned: make(map[string]trouble)}
}

func (s *session) setCoordinator(id int32) {
	s.mu.Lock()
	s.coordinator = id
	s.mu.Unlock()
}

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

// identity is what requests carry.
func (s *session) identity() (coordinator int32, memberID string, generation int32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.coordinator, s.memberID, s.generation
}

// findCoordinator returns the coordinator's node ID, asking if it isn't known.
func (s *session) findCoordinator(ctx context.Context) (int32, error) {
	if id, _, _ := s.identity(); id >= 0 {
		return id, nil
	}
	id, err := s.client.Coordinator(ctx, s.cfg.GroupID)
	if err != nil {
		return -1, err
	}
	s.setCoordinator(id)
	return id, nil
}

// connect returns a connection to the coordinator.
func (s *session) connect(ctx context.Context, p cluster.Purpose) (*wire.Conn, error) {
	id, err := s.findCoordinator(ctx)
	if err != nil {
		return nil, err
	}
	return s.client.Broker(ctx, id, p)
}
