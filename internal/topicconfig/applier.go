package topicconfig

import (
	"context"
	"errors"
	"fmt"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/internal/acl"
	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
)

// Config is how topics of a destination are to follow those of its source.
type Config struct {
	Partitions        int       // of all topics; 0: as many as in the source
	ReplicationFactor int       // of topics that are created; 0: the brokers' default
	Configs           []Setting // of topics that are created; what the source says of these is not applied
	// Patience is how long Apply tries again what fails in passing; 0: until its context ends.
	Patience time.Duration
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
	source   string // the topic that it follows
	done     string // the last text that was applied
	warned   string // the last warning, which is not repeated
	asked    int32  // the number of partitions that the controller has agreed to, of one Apply
	conflict bool   // it has been said that other topics come together in it
	fewer    bool   // and that the source has fewer partitions
}

// NewApplier returns an applier, which does not own the client.
func NewApplier(client *cluster.Client, cfg Config) *Applier {
	return &Applier{client: client, cfg: cfg, topics: make(map[string]*follower)}
}

// Apply has a topic of the destination be as the text of a Teller says of the source's: it
// creates it, adds partitions, and changes its configuration. What can't be done is a warning,
// and tried again when the same is said again. A topic follows the first one of the source
// whose records it gets.
func (a *Applier) Apply(ctx context.Context, name, text string) {
	f := a.topics[name]
	if f == nil {
		f = new(follower)
		a.topics[name] = f
	}
	if f.done == text {
		return
	}
	want, err := Parse(text)
	switch {
	case err != nil:
		a.warn(f, name, fmt.Errorf("read what the record says of its topic (%.200q): %w", text, err))
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

func (a *Applier) warn(f *follower, name string, err error) {
	if text := err.Error(); text != f.warned {
		f.warned = text
		a.cfg.Warn(subject(name), err)
	}
}

// subject is what a warning is about.
func subject(name string) string { return fmt.Sprintf("copy the configuration of topic %q", name) }

// errPending is that of a change which brokers do not show yet.
var errPending = errors.New("no broker shows the change yet")

// untilDone tries again what fails in passing.
func (a *Applier) untilDone(ctx context.Context, f *follower, name string, want Topic) error {
	if a.cfg.Patience > 0 {
		limited, cancel := context.WithTimeout(ctx, a.cfg.Patience)
		defer cancel()
		ctx = limited
	}
	retry := cluster.NewRetry(50*time.Millisecond, time.Second)
	f.asked = 0
	for {
		err := a.try(ctx, f, name, want)
		if err == nil || !cluster.Retriable(err) {
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
	topics, err := a.client.Refresh(ctx, []string{name}, false)
	if err != nil {
		return err
	}
	now := topics[name]
	switch {
	case errors.Is(now.Err, kafkago.UnknownTopicOrPartition):
		return a.create(ctx, name, want)
	case acl.Refused(now.Err):
		return nil // writing says so
	case now.Err != nil:
		return now.Err
	}
	if err = a.grow(ctx, f, now, want); err != nil && cluster.Retriable(err) {
		return err
	}
	return errors.Join(err, a.configure(ctx, f, name, want))
}
