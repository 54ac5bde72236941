package versions_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/matryer/is"
	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/test/broker"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

// aclErrors has a user write and read who may do nothing, then a little, then all that
// it takes. Errors name what was refused.
func aclErrors(t *testing.T, c cluster, servers []string) {
	is, ctx := is.New(t), guarded(t)
	topic, source, destination := c.topic(t)
	group := "g-" + uuid.NewString()
	login := settings{
		"servers": strings.Join(servers, ","), "saslMechanism": "PLAIN", "saslUsername": broker.User, "saslPassword": broker.Password,
	}
	source = source.with(login).with(settings{"groupID": group, "retryGroupJoinErrors": "false"})
	destination = destination.with(login)
	plain := destination.with(settings{"idempotent": "false"})
	const n = 20
	writing := func(s settings) func() error {
		return func() error {
			_, err := write(ctx, s, numbered(0, n, partitions)...)
			return err
		}
	}
	reading := func() error { return readAll(ctx, source, n) }

	refused(t, writing(destination.with(settings{"saslPassword": "wrong"}))(), "[58]", "saslPassword")
	refused(t, writing(destination)(), "[29]", topic)
	says(ctx, t, source, "open source", "[29]", topic)

	c.allow(ctx, t, kmsg.ACLResourceTypeTopic, topic, kmsg.ACLOperationDescribe)
	says(ctx, t, source, "[30]", group)
	c.allow(ctx, t, kmsg.ACLResourceTypeGroup, group, kmsg.ACLOperationRead)
	eventually(ctx, t, writing(plain), "[29]", topic, "write")
	refused(t, writing(destination)(), "[29]", topic, "Write")
	says(ctx, t, source, "open source", "[29]", topic, "Read")

	c.allow(ctx, t, kmsg.ACLResourceTypeTopic, topic, kmsg.ACLOperationWrite, kmsg.ACLOperationRead)
	eventually(ctx, t, writing(plain))
	if c.idempotentWrite {
		refused(t, writing(destination)(), "[31]")
		c.allow(ctx, t, kmsg.ACLResourceTypeCluster, "kafka-cluster", kmsg.ACLOperationIdempotentWrite)
	}
	eventually(ctx, t, writing(destination))
	eventually(ctx, t, reading)
	is.NoErr(ctx.Err())
}

// says runs a source until its error, or one of its warnings, has all parts.
func says(ctx context.Context, t *testing.T, s settings, parts ...string) {
	t.Helper()
	for {
		attempt, stop := context.WithCancelCause(ctx)
		log := listener{parts, stop}
		err := readAll(zerolog.New(log).WithContext(attempt), s, 1)
		stop(nil)
		if log.match(fmt.Sprint(err)) || context.Cause(attempt) == errHeard {
			return
		}
		pause(ctx, t, "error", fmt.Sprint(err))
	}
}

var errHeard = errors.New("what was waited for is in the log")

// listener is a log that calls stop at a line which has all parts.
type listener struct {
	parts []string
	stop  context.CancelCauseFunc
}

func (l listener) match(line string) bool {
	return !slices.ContainsFunc(l.parts, func(part string) bool { return !strings.Contains(line, part) })
}

func (l listener) Write(line []byte) (int, error) {
	if l.match(string(line)) {
		l.stop(errHeard)
	}
	return len(line), nil
}

// eventually does something until brokers have noticed ACLs: until its error has all
// parts, or there is no error where there are no parts.
func eventually(ctx context.Context, t *testing.T, do func() error, parts ...string) {
	t.Helper()
	for {
		err := do()
		ok := (err == nil) == (len(parts) == 0)
		for _, part := range parts {
			ok = ok && strings.Contains(err.Error(), part)
		}
		if ok {
			return
		}
		t.Log(err)
		pause(ctx, t, "error", fmt.Sprint(err))
	}
}

// allow lets broker.User do something.
func (c cluster) allow(ctx context.Context, t *testing.T, kind kmsg.ACLResourceType, name string, operations ...kmsg.ACLOperation) {
	t.Helper()
	var acls []kclient.ACL
	for _, op := range operations {
		acls = append(acls, kclient.ACL{User: broker.User, Kind: kind, Name: name, Operation: op})
	}
	is.New(t).NoErr(c.client.AddACLs(ctx, acls...))
}
