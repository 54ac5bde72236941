package topicconfig

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/internal/acl"
	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/printable"
)

// Config is how topics of a destination are to follow those of its source.
type Config struct {
	Partitions        int       // of all topics; 0: as many as in the source
	ReplicationFactor int       // of topics that are created; 0: the brokers' default
	Configs           []Setting // of topics that are created; what the source says of these is not applied
	ProgressTopic     string    // of a destination with exactlyOnce, which is left alone
	// RequestTimeout is how long the controller may take for a request.
	RequestTimeout time.Duration
	Warn           func(msg string, err error)
	Info           func(msg string)
}

// Applier makes topics of a destination as those of the source are. It has one caller at a
// time.
type Applier struct {
	client *cluster.Client
	cfg    Config
	topics map[string]*follower // by name in the destination
}

// follower is a topic of the destination.
type follower struct {
	source   string          // the topic that it follows
	done     string          // the last text that was applied
	id       cluster.TopicID // of the topic that it was applied to
	warned   string          // the last warning, which is not repeated
	asked    int32           // the number of partitions that the controller has agreed to, of one Apply
	foreign  bool            // it has been said that a record speaks of another topic than its own
	conflict bool            // and that other topics come together in it
	fewer    bool            // and that the source has fewer partitions
}

// NewApplier returns an applier, which does not own the client.
func NewApplier(client *cluster.Client, cfg Config) *Applier {
	return &Applier{client: client, cfg: cfg, topics: make(map[string]*follower)}
}

// Apply has a topic of the destination be as the text of a Teller says of the source's: it
// creates it, adds partitions, and changes its configuration. What fails in passing it tries
// again until the context ends. What can't be done is a warning, and tried when the same is
// said again. A topic follows the first one of the source whose records it gets. The text
// counts only where it is about the topic that the record itself is from, by its position: a
// processor can take metadata from whoever wrote the record.
func (a *Applier) Apply(ctx context.Context, name, source, text string) {
	f := a.topics[name]
	if f == nil {
		f = new(follower)
		a.topics[name] = f
	}
	if f.done == text && a.stillThere(f, name) {
		return
	}
	want, err := Parse(text)
	if err != nil {
		err = fmt.Errorf("read what the record says of its topic (%.200q): %w", text, printable.Error(err))
	} else {
		err = a.leave(name)
	}
	switch {
	case err != nil:
		a.warn(f, name, err)
		return
	case want.Name != source:
		if !f.foreign {
			f.foreign = true
			a.warn(f, name, foreignError(want.Name, source))
		}
		return
	case f.source == "":
		f.source = want.Name
	case f.source != want.Name:
		if !f.conflict {
			f.conflict = true
			a.warn(f, name, fmt.Errorf("records of %q and %q come together in it: it follows the first", f.source, want.Name))
		}
		return
	}
	if err := a.untilDone(ctx, f, name, want); err != nil {
		a.warn(f, name, err)
		return
	}
	f.done, f.warned = text, ""
}

// stillThere reports whether, as far as the client knows, the topic is the one that the text
// was applied to. One that was deleted and made again has the brokers' defaults. The producer
// has the client ask once a minute, and when writing fails.
func (a *Applier) stillThere(f *follower, name string) bool {
	now, known := a.client.Cached(name)
	return known && now.Err == nil && now.ID == f.id
}

// foreignError is that of a record which speaks of another topic than its own.
func foreignError(says, source string) error {
	if source == "" {
		return fmt.Errorf("a record speaks of topic %q, and its position is not one of this connector's source", says)
	}
	return fmt.Errorf("a record of topic %q speaks of topic %q", source, says)
}

func (a *Applier) warn(f *follower, name string, err error) {
	if text := err.Error(); text != f.warned {
		f.warned = text
		a.cfg.Warn(subject(name), err)
	}
}

// subject is what a warning is about.
func subject(name string) string { return fmt.Sprintf("copy the configuration of topic %q", name) }

var (
	errInternal = errors.New("it is an internal topic of Kafka, and stays as it is")
	errProgress = errors.New("it is the progress topic of exactlyOnce, and stays as it is")
)

// leave returns an error for a topic that stays as it is, whatever records say.
func (a *Applier) leave(name string) error {
	switch {
	case slices.Contains(cluster.InternalTopics(), name):
		return errInternal
	case name == a.cfg.ProgressTopic:
		return errProgress
	}
	return nil
}

// errPending is that of a change which brokers do not show yet.
var errPending = errors.New("no broker shows the change yet")

// untilDone tries again what fails in passing.
func (a *Applier) untilDone(ctx context.Context, f *follower, name string, want Topic) error {
	retry := cluster.NewRetry(50*time.Millisecond, time.Second)
	f.asked = 0
	for {
		err := a.try(ctx, f, name, want)
		if err == nil || errors.Is(err, errInternal) || !cluster.Retriable(err) {
			return err
		}
		if !errors.Is(err, errPending) {
			a.warn(f, name, fmt.Errorf("%w: trying again", err))
		}
		if !retry.Wait(ctx) {
			return err
		}
	}
}

// try compares the topic with what it is to be, and asks for what is missing.
func (a *Applier) try(ctx context.Context, f *follower, name string, want Topic) error {
	topics, err := a.client.Refresh(ctx, []string{name})
	if err != nil {
		return err
	}
	now := topics[name]
	switch {
	case errors.Is(now.Err, kafkago.UnknownTopicOrPartition):
		return a.create(ctx, name, want)
	case now.Err != nil:
		return a.client.Explain(now.Err, acl.OnTopics("Describe", name))
	case now.Internal:
		return errInternal
	}
	f.id = now.ID
	if err = a.grow(ctx, f, now, want); err != nil && cluster.Retriable(err) {
		return err
	}
	return errors.Join(err, a.configure(ctx, f, name, want))
}
