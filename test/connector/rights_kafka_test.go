package connector_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/test/expect"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

// login is a user of a cluster that allows nothing which no ACL allows, with a topic and
// a group.
type login struct {
	t            *testing.T
	client       *kclient.Client
	user         string
	topic, group string
	settings     settings
	super        settings // of somebody who may do all
}

// newLogin makes a user who may do nothing.
func newLogin(t *testing.T) *login {
	t.Helper()
	c, client := strictKafka(t)
	name := uuid.NewString()
	l := &login{t: t, client: client, user: "u-" + name, topic: "t-" + name, group: "g-" + name}
	is.New(t).NoErr(c.AddSCRAMUser(guarded(t), l.user, "secret"))
	l.settings = settings{"servers": list(c.SASLPlaintext()), "saslMechanism": "SCRAM-SHA-256", "saslUsername": l.user, "saslPassword": "secret"}
	l.super = settings{"servers": list(c.Servers()), "topic": l.topic}
	return l
}

func (l *login) source() settings {
	return l.settings.with(settings{"topics": l.topic, "groupID": l.group, "readFromBeginning": "true", "commitOffsetsSize": "1", "sessionTimeout": "6s", "heartbeatInterval": "500ms"})
}

func (l *login) destination() settings { return l.settings.with(settings{"topic": l.topic}) }

// right is an operation on what the login has.
type right struct {
	kind      kmsg.ACLResourceType
	operation kmsg.ACLOperation
	deny      bool
}

func onTopic(o kmsg.ACLOperation) right { return right{kind: kmsg.ACLResourceTypeTopic, operation: o} }
func onGroup(o kmsg.ACLOperation) right { return right{kind: kmsg.ACLResourceTypeGroup, operation: o} }
func onCluster(o kmsg.ACLOperation) right {
	return right{kind: kmsg.ACLResourceTypeCluster, operation: o}
}

func denied(r right) right {
	r.deny = true
	return r
}

const (
	describing = kmsg.ACLOperationDescribe
	reading    = kmsg.ACLOperationRead
	writing    = kmsg.ACLOperationWrite
	creating   = kmsg.ACLOperationCreate
)

func (l *login) acls(rights []right) []kclient.ACL {
	var out []kclient.ACL
	for _, r := range rights {
		a := kclient.ACL{User: l.user, Kind: r.kind, Operation: r.operation, Deny: r.deny}
		switch r.kind {
		case kmsg.ACLResourceTypeTopic:
			a.Name = l.topic
		case kmsg.ACLResourceTypeGroup:
			a.Name = l.group
		case kmsg.ACLResourceTypeCluster:
			a.Name = "kafka-cluster"
		default:
			a.Name = "*"
		}
		out = append(out, a)
	}
	return out
}

func (l *login) allow(rights ...right) {
	l.t.Helper()
	if len(rights) > 0 {
		is.New(l.t).NoErr(l.client.AddACLs(guarded(l.t), l.acls(rights)...))
	}
}

func (l *login) disallow(rights ...right) {
	l.t.Helper()
	is.New(l.t).NoErr(l.client.DeleteACLs(guarded(l.t), l.acls(rights)...))
}

// missing is what the error of a right that is missing says.
func (l *login) missing(operation, resource string) []string {
	name := map[string]string{"topic": l.topic, "group": l.group}[resource]
	words := fmt.Sprintf("%s on %s %q", operation, resource, name)
	if name == "" {
		words = fmt.Sprintf("%s on the %s", operation, resource)
	}
	return []string{words, strings.TrimSpace("--allow-principal User:" + l.user + " --operation " + operation + " --" + resource + " " + name)}
}

// Each right that a source or a destination needs is missing in turn. What is missing
// shows at Open, with the command that grants it.
func TestOpenSaysWhichRightIsMissing(t *testing.T) {
	t.Parallel()
	both := func(more ...right) []right { return append([]right{onTopic(reading), onGroup(reading)}, more...) }
	decides := settings{"topic": "{{ .Operation }}"} // the record, so that there is no topic to ask about
	for name, c := range map[string]struct {
		side      string // "read", "write" or "create": a topic that does not exist yet
		has       []right
		more      settings
		operation string // that is missing; empty: none is
		resource  string
	}{
		"read: describe topic":             {"read", []right{onGroup(reading)}, nil, "Read", "topic"},
		"read: describe topic, denied":     {"read", both(denied(onTopic(describing))), nil, "Read", "topic"},
		"read: read topic":                 {"read", []right{onTopic(describing), onGroup(reading)}, nil, "Read", "topic"},
		"read: describe group":             {"read", []right{onTopic(reading)}, nil, "Read", "group"},
		"read: describe group, denied":     {"read", both(denied(onGroup(describing))), nil, "Read", "group"},
		"read: read group":                 {"read", []right{onTopic(reading), onGroup(describing)}, nil, "Read", "group"},
		"read: read group, static member":  {"read", []right{onTopic(reading), onGroup(describing)}, settings{"groupInstanceID": "a"}, "Read", "group"},
		"read: none":                       {"read", both(), nil, "", ""},
		"write: describe topic":            {"write", nil, nil, "Write", "topic"},
		"write: describe topic, denied":    {"write", []right{onTopic(writing), denied(onTopic(describing))}, nil, "Write", "topic"},
		"write: write topic":               {"write", []right{onTopic(describing)}, nil, "Write", "topic"},
		"write: write topic, acks one":     {"write", []right{onTopic(describing)}, settings{"acks": "one"}, "Write", "topic"},
		"write: idempotent write":          {"write", nil, decides, "IdempotentWrite", "cluster"},
		"write: idempotent write, allowed": {"write", []right{onCluster(kmsg.ACLOperationIdempotentWrite)}, decides, "", ""},
		"write: none":                      {"write", []right{onTopic(writing)}, nil, "", ""},
		"create: create":                   {"create", []right{onTopic(writing)}, nil, "Create", "topic"},
		"create: create, with numbers":     {"create", []right{onTopic(writing)}, settings{"topicPartitions": "2"}, "Create", "topic"},
		"create: none, on the topic":       {"create", []right{onTopic(writing), onTopic(creating)}, nil, "", ""},
		"create: none, on the cluster":     {"create", []right{onTopic(writing), onCluster(creating)}, nil, "", ""},
		// What is not asked for: configurations, and transactional IDs.
		"read: what is not needed":  {"read", both(unneeded()...), nil, "", ""},
		"write: what is not needed": {"write", append(unneeded(), onTopic(writing)), nil, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			l, ctx := newLogin(t), guarded(t)
			l.allow(c.has...)
			if c.side != "create" {
				is.NoErr(l.client.CreateTopic(ctx, l.topic, 2, nil))
			}
			err := useOnce(ctx, l, c.side, c.more)
			if c.operation == "" {
				is.NoErr(err)
				return
			}
			expect.Error(t, err, append(l.missing(c.operation, c.resource), "open ")...)
		})
	}
}

// unneeded denies what the connector does without.
func unneeded() []right {
	return []right{
		denied(onTopic(kmsg.ACLOperationDescribeConfigs)), denied(onCluster(kmsg.ACLOperationDescribeConfigs)), denied(onCluster(describing)),
		denied(right{kind: kmsg.ACLResourceTypeTransactionalId, operation: writing}), denied(right{kind: kmsg.ACLResourceTypeTransactionalId, operation: describing}),
	}
}

// useOnce opens a source or a destination, and reads or writes a record.
func useOnce(ctx context.Context, l *login, side string, more settings) error {
	if side != "read" {
		dst, err := openDestination(ctx, l.destination().with(more))
		if err != nil {
			return err
		}
		if more["topic"] == "" {
			_, err = dst.Write(ctx, numbered(1))
		}
		return errors.Join(err, dst.Teardown(ctx))
	}
	if _, err := write(ctx, l.super, numbered(1)...); err != nil {
		return fmt.Errorf("prepare: %w", err)
	}
	src, err := openSource(ctx, l.source().with(more), nil)
	if err != nil {
		return err
	}
	_, err = read(ctx, src, 1)
	return errors.Join(err, src.Teardown(ctx))
}

// A pattern may find nothing because the login may see nothing.
func TestSourceOfAPatternThatSeesNothingSaysSo(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	l := newLogin(t)
	is.NoErr(l.client.CreateTopic(guarded(t), l.topic, 1, nil))
	l.allow(onGroup(reading))
	ctx, log := logged(t)
	s := l.source().with(settings{"topicsRegex": l.topic})
	delete(s, "topics")
	src, err := openSource(ctx, s, nil)
	is.NoErr(err)
	awaitLog(ctx, t, log, "no topic matches topicsRegex, or the login may see none")
	is.NoErr(src.Teardown(ctx))
}
