package group

import (
	"context"
	"time"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
)

// Protocol is how a group divides its partitions, by the names that group.protocol of
// Kafka's own consumer has for them.
type Protocol string

const (
	// Classic leaves the assignment to the member that leads.
	Classic Protocol = "classic"
	// Consumer leaves it to the coordinator (KIP-848), from Kafka 4.0 on.
	Consumer Protocol = "consumer"
)

// Config is how a member takes part in its group.
type Config struct {
	GroupID    string
	InstanceID string // static membership; empty for a dynamic member
	// Former is the ID of the member that this one was in a process that may have been
	// killed; "" for none. It is taken out of the group, unless this member is static: then
	// it takes that one's place.
	Former   string
	Protocol Protocol // "" is Classic
	Topics   []string
	// Match chooses further topics by their names, as they come and go; nil for
	// none. Internal topics are only read if they are named.
	Match func(topic string) bool
	// Pattern is the regular expression by which Match chooses, if one does, in the syntax
	// that Go and RE2/J have in common, where a name matches as a whole or not at all. A
	// coordinator that assigns may be asked to look for the topics. "" for none.
	Pattern           string
	SessionTimeout    time.Duration // the coordinator gives a silent member up after it. For Classic alone, as are HeartbeatInterval and Balancers
	RebalanceTimeout  time.Duration // how long members have to join again
	HeartbeatInterval time.Duration
	Balancers         []string      // in the order in which they are offered, by their names; see Balancers
	Assignor          string        // of the coordinator, by its name; "": the coordinator chooses. For Consumer alone
	MetadataInterval  time.Duration // how often the leader looks for new partitions
	// RetryJoin makes a member try again where the coordinator refuses it, for
	// instance for lack of permission; otherwise that ends Run.
	RetryJoin bool
	// Warn is called with trouble from which the member recovers by itself; nil: nothing is.
	Warn func(msg string, err error)
	// Info is called with what is worth knowing and no trouble; nil: nothing is.
	Info  func(msg string)
	Hooks Hooks
}

// Handler is told what the member holds. Calls never overlap.
type Handler interface {
	// Assigned starts reading partitions that come to those already held. It must
	// not block.
	Assigned(p Partitions)
	// Revoked stops reading partitions that still belong to this member: it may
	// commit, within the time of ctx. Afterwards they belong to somebody else.
	Revoked(ctx context.Context, p Partitions)
	// Rebalancing says that the member joins again and keeps its partitions
	// meanwhile. It is a good time to commit, within the time of ctx.
	Rebalancing(ctx context.Context)
	// Lost stops reading partitions that already belong to somebody else.
	Lost(p Partitions)
}

// Membership is one member of a consumer group, by either protocol.
type Membership interface {
	// Run is the life of the member: it joins, and joins again when it has to, until ctx
	// ends (then it gives back what it holds, leaves the group and returns nil) or until
	// an error that trying again can't mend.
	Run(ctx context.Context) error
	// MemberID is what the next process needs to take this member out of the group, ""
	// for nothing.
	MemberID() string
	// Generation is the group's generation, or the member's epoch, that the member is
	// in; -1 for none.
	Generation() int32
	// Holds reports whether partitions of a topic that are assigned to the member are those
	// of the topic that has this ID: where assignments name IDs, those of a topic that was
	// deleted and made again may be another member's. Where they don't it is true.
	Holds(topic string, id cluster.TopicID) bool
	// Commit commits offsets under the generation in which they were collected. It
	// returns the offsets that were taken and the first error of the others. Those of a
	// topic that Holds denies are neither.
	Commit(ctx context.Context, generation int32, offsets Offsets) (Offsets, error)
	// Committed asks what the group has committed for partitions, nil for all.
	Committed(ctx context.Context, p Partitions) (Offsets, error)
}

// New returns a member that does nothing before Run.
func New(client *cluster.Client, cfg Config, h Handler) Membership {
	if cfg.Protocol == Consumer {
		return newServerMember(client, cfg, h)
	}
	return NewMember(client, cfg, h)
}
