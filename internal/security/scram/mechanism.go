package scram

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/segmentio/kafka-go/sasl"
	"github.com/xdg-go/scram"
)

// The iterations of PBKDF2 that a broker may ask for. Fewer make a password easy to
// guess (RFC 7677, section 4). Kafka's brokers allow 4096 to 16384; far more would keep
// a core busy for as long as the broker likes.
const (
	MinIterations = 4096
	MaxIterations = 1_000_000
)

// maxMessage bounds a broker's message in bytes. Kafka's have less than 200.
const maxMessage = 4096

// Hash is the function that a mechanism is based on.
type Hash = scram.HashGeneratorFcn

// The hash functions that Kafka has mechanisms for.
var (
	SHA256 = scram.SHA256
	SHA512 = scram.SHA512
)

// Login returns user and password.
type Login = func() (user, password string)

// Mechanism authenticates with what login returns, which is called at each
// authentication. name is the mechanism's in Kafka.
func Mechanism(name string, hash Hash, login Login) sasl.Mechanism {
	return &mechanism{name: name, hash: hash, login: login}
}

type mechanism struct {
	name  string
	hash  Hash
	login Login

	mu             sync.Mutex
	user, password string
	client         *scram.Client // of these; it keeps the keys that it has computed, by salt
	uses           int           // of client
}

// maxUses bounds the keys that a client keeps.
const maxUses = 1000

func (m *mechanism) Name() string { return m.name }

func (m *mechanism) Start(context.Context) (sasl.StateMachine, []byte, error) {
	client, err := m.clientOf(m.login())
	if err != nil {
		return nil, nil, err
	}
	c := client.NewConversation()
	first, err := c.Step("")
	return &dialogue{conversation: c}, []byte(first), err
}

func (m *mechanism) clientOf(user, password string) (*scram.Client, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.uses++; m.client != nil && m.user == user && m.password == password && m.uses <= maxUses {
		return m.client, nil
	}
	client, err := m.hash.NewClientUnprepped(user, password, "")
	if err != nil {
		return nil, fmt.Errorf("begin %s: %w", m.name, err)
	}
	m.user, m.password = user, password
	m.client, m.uses = client.WithMinIterations(MinIterations), 1
	return m.client, nil
}

// dialogue is one authentication.
type dialogue struct {
	conversation *scram.ClientConversation
	answered     bool // the broker's first message
}

// Next answers a message of the broker's. It returns with ctx's error as soon as ctx
// ends, though the keys may then be computed to their end.
func (d *dialogue) Next(ctx context.Context, challenge []byte) (done bool, response []byte, err error) {
	if len(challenge) > maxMessage {
		return false, nil, fmt.Errorf("the broker's message has %d bytes, up to %d are allowed", len(challenge), maxMessage)
	}
	if !d.answered {
		d.answered = true
		if err := checkIterations(string(challenge)); err != nil {
			return false, nil, err
		}
	}
	type step struct {
		response string
		err      error
	}
	taken := make(chan step, 1)
	go func() {
		response, err := d.conversation.Step(string(challenge))
		taken <- step{response, err}
	}()
	select {
	case s := <-taken:
		return d.conversation.Done(), []byte(s.response), s.err
	case <-ctx.Done():
		return false, nil, ctx.Err()
	}
}

// checkIterations looks at the server-first-message of RFC 5802, section 7, before
// anything is computed. What else is wrong with it, the conversation finds out.
func checkIterations(message string) error {
	for field := range strings.SplitSeq(message, ",") {
		text, ok := strings.CutPrefix(field, "i=")
		if !ok {
			continue
		}
		if n, err := strconv.Atoi(text); err != nil || n < MinIterations || n > MaxIterations {
			return fmt.Errorf("the broker asks for %.40q iterations, %d to %d are allowed", text, MinIterations, MaxIterations)
		}
	}
	return nil
}
