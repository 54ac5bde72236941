package check

import (
	"context"

	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/metadata"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/group"
	"github.com/conduitio/conduit-connector-kafka/internal/wire"
)

// Outcome is how a step went.
type Outcome string

// The outcomes. Skipped is a step that isn't needed, or that an earlier failure
// stands in the way of.
const (
	OK      Outcome = "ok"
	Failed  Outcome = "failed"
	Skipped Outcome = "skipped"
)

// Result is one step and what came of it.
type Result struct {
	Step    string // what was tried: "resolve", "TLS", …
	Subject string // on what: an address, a topic, a group
	Outcome Outcome
	Reason  string // what was found out, or why it failed or was skipped
	Remedy  string // what to do; empty unless it failed
}

// Plan is what to try.
type Plan struct {
	Servers    []string // bootstrap servers, "host:port"
	Connection wire.Config

	Topics []string                // nil where records decide
	Match  func(topic string) bool // chooses more topics; nil for none
	Write  bool                    // rather than read
	Create bool                    // missing topics are created
	Also   []Operation             // on each topic but ProgressTopic, besides reading or writing

	ProducerID bool // needed for writing once
	// TransactionalIDs are needed for writing exactly once; nil for none.
	TransactionalIDs []string
	ProgressTopic    string // that of writing exactly once, which is among Topics; empty for none
	Group            string // to be a member of; empty for none
	Protocol         group.Protocol
}

// Operation is one of Kafka's ACLs, with its bit in what brokers say is allowed (KIP-430).
type Operation struct {
	Name string
	Bit  int
}

// Run does what the plan says, in about the time of a few dials, and returns a
// result for each step.
func Run(ctx context.Context, p Plan) []Result {
	r := &run{Plan: p}
	reached := r.addresses(ctx, p.Servers, bootstrap)
	if len(reached) == 0 {
		r.skip("metadata", "", "no bootstrap server was reached")
		return r.results
	}
	client := cluster.New(reached, p.Connection)
	defer client.Close()
	answer, ok := r.metadata(ctx, client)
	if !ok {
		return r.results
	}
	r.addresses(ctx, r.unseen(answer.Brokers), advertised)
	r.topics(answer)
	if p.ProducerID {
		r.producerID(ctx, client)
	}
	r.transactionalIDs(ctx, client)
	if p.ProgressTopic != "" {
		r.progressTopic(ctx, client, answer)
	}
	if p.Group != "" {
		r.group(ctx, client, answer)
	}
	return r.results
}

// run is a Run in progress.
type run struct {
	Plan
	results []Result
}

func (r *run) ok(step, subject, found string) {
	r.results = append(r.results, Result{step, subject, OK, found, ""})
}

func (r *run) skip(step, subject, why string) {
	r.results = append(r.results, Result{step, subject, Skipped, why, ""})
}

func (r *run) fail(step, subject, reason, remedy string) {
	r.results = append(r.results, Result{step, subject, Failed, reason, remedy})
}

// metadata asks for the topics, and for what may be done with them (KIP-430).
func (r *run) metadata(ctx context.Context, client *cluster.Client) (*metadata.Response, bool) {
	ctx, cancel := context.WithTimeout(ctx, r.Connection.RequestTimeout)
	defer cancel()
	names, err := r.names(ctx, client)
	var m protocol.Message
	if err == nil {
		m, _, err = client.AskAny(ctx, &metadata.Request{TopicNames: names, IncludeTopicAuthorizedOperations: true})
	}
	if err != nil {
		r.fail("metadata", "", err.Error(), "the broker was reached, but does not answer this client: does it expect a login (saslMechanism)? If not, its log has the reason")
		return nil, false
	}
	answer := m.(*metadata.Response)
	r.ok("metadata", "", brokersOf(answer))
	return answer, true
}

// names lists the topics to look at, also where a pattern chooses them.
func (r *run) names(ctx context.Context, client *cluster.Client) ([]string, error) {
	names := append([]string{}, r.Topics...) // not nil, which would mean all
	if r.Match == nil {
		return names, nil
	}
	all, err := client.Refresh(ctx, nil)
	if err != nil {
		return nil, err
	}
	return cluster.Chosen(all, names, r.Match), nil
}
