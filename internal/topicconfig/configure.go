package topicconfig

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/segmentio/kafka-go/protocol/incrementalalterconfigs"

	"github.com/conduitio/conduit-connector-kafka/internal/acl"
	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/printable"
)

// What is done to a config (KIP-339).
const (
	set    = 0
	remove = 1 // the value of the topic, after which the brokers' counts
)

// configure changes the configuration of a topic to that of the source's: what is set there
// is set here, and what is left at its default there is here. Names that the source does
// not know, and those of the destination's settings, stay as they are. What brokers refuse is
// a warning, and the rest is done.
func (a *Applier) configure(ctx context.Context, f *follower, name string, want Topic) error {
	if want.Configs == nil {
		return nil
	}
	found, err := describe(ctx, a.client, []string{name})
	if err == nil {
		err = found[name].err
	}
	if err != nil {
		return a.explain(err, name)
	}
	changes := a.changes(found[name].configs, want)
	if len(changes) == 0 {
		return nil
	}
	err = a.change(ctx, name, changes...)
	if valueRefused(err) {
		return a.changeEach(ctx, f, name, changes)
	}
	if err != nil {
		return a.explain(err, name)
	}
	a.changed(name, want, changes)
	return nil
}

// explain names the right that is needed, which includes that to see the configuration.
func (a *Applier) explain(err error, name string) error {
	return fmt.Errorf("change its configuration: %w", a.client.Explain(err, acl.OnTopics("AlterConfigs", name)))
}

func (a *Applier) changed(name string, want Topic, changes []incrementalalterconfigs.RequestConfig) {
	words := make([]string, len(changes))
	for i, c := range changes {
		words[i] = c.Name + "=" + c.Value
		if c.ConfigOperation == remove {
			words[i] = c.Name + " to its default"
		}
	}
	a.cfg.Info(fmt.Sprintf("set %s of topic %q, as topic %q of the source has", printable.Text(strings.Join(words, ", ")), name, want.Name))
}

// changes are those that make a topic with configs of its own as it is to be, sorted.
func (a *Applier) changes(have map[string]string, want Topic) []incrementalalterconfigs.RequestConfig {
	var out []incrementalalterconfigs.RequestConfig
	for _, s := range a.copied(want) {
		if value, ok := have[s.Name]; !ok || value != s.Value {
			out = append(out, incrementalalterconfigs.RequestConfig{Name: s.Name, ConfigOperation: set, Value: s.Value})
		}
	}
	for _, name := range want.Defaults {
		_, here := have[name]
		if _, there := want.Configs[name]; here && !there && a.copies(name) {
			out = append(out, incrementalalterconfigs.RequestConfig{Name: name, ConfigOperation: remove})
		}
	}
	return out
}

// changeEach makes changes one by one: brokers make all of a request or none.
func (a *Applier) changeEach(ctx context.Context, f *follower, name string, changes []incrementalalterconfigs.RequestConfig) error {
	var names []string
	var errs []error
	for _, c := range changes {
		switch err := a.change(ctx, name, c); {
		case valueRefused(err):
			names, errs = append(names, c.Name), append(errs, err)
		case err != nil:
			return a.explain(err, name)
		}
	}
	if len(names) > 0 {
		a.warn(f, name, fmt.Errorf("brokers refuse the source's %s, and the topic is left without: %w", printable.Text(strings.Join(names, ", ")), errors.Join(errs...)))
	}
	return nil
}

func (a *Applier) change(ctx context.Context, name string, changes ...incrementalalterconfigs.RequestConfig) error {
	req := &incrementalalterconfigs.Request{Resources: []incrementalalterconfigs.RequestResource{{
		ResourceType: topicResource, ResourceName: name, Configs: changes,
	}}}
	res, err := ask[*incrementalalterconfigs.Response](ctx, a, req)
	if err != nil {
		return err
	}
	for _, r := range res.Responses {
		if r.ResourceName == name {
			return cluster.AnswerError(r.ErrorCode, r.ErrorMessage)
		}
	}
	return errUnmentioned
}
