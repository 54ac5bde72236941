package connector_test

import (
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

// The canary's topic of MSK may be described by everybody, and read, or committed for, by
// nobody.
func TestSourceOfAPatternReadsWhatItMayRead(t *testing.T) {
	is := is.New(t)
	ctx, log := logged(t)
	allow := func(kind kmsg.ACLResourceType, name string, operation kmsg.ACLOperation) kfake.ACL {
		return kfake.ACL{Resource: kind, Name: name, Pattern: kmsg.ACLResourcePatternTypeLiteral, Operation: operation, Allow: true}
	}
	c := embedded.Start(t, kfake.NumBrokers(1), kfake.SeedTopics(2, "canary", "orders"), kfake.EnableSASL(), kfake.EnableACLs(),
		kfake.Superuser("PLAIN", "admin", "secret"), kfake.User("PLAIN", "reader", "secret",
			allow(kmsg.ACLResourceTypeTopic, "canary", kmsg.ACLOperationDescribe),
			allow(kmsg.ACLResourceTypeTopic, "orders", kmsg.ACLOperationRead),
			allow(kmsg.ACLResourceTypeGroup, "g", kmsg.ACLOperationRead)))
	login := settings{"servers": list(c.ListenAddrs()), "saslUsername": "admin", "saslPassword": "secret"}
	orders := func() {
		n, err := write(ctx, login.with(settings{"topic": "orders", "partitioner": "round-robin"}), numbered(20)...)
		is.NoErr(err)
		is.Equal(n, 20)
	}
	orders()
	reader := login.with(settings{"saslUsername": "reader", "topicsRegex": ".*", "groupID": "g", "readFromBeginning": "true", "commitOffsetsSize": "1"})
	src, err := openSource(ctx, reader, nil)
	is.NoErr(err)
	begin := time.Now()
	for time.Since(begin) < 8*time.Second { // longer than it takes to give up where nothing may be read
		records, err := read(ctx, src, 20)
		is.NoErr(err)
		for _, r := range records {
			is.Equal(r.Metadata["opencdc.collection"], "orders")
			is.NoErr(src.Ack(ctx, r.Position))
		}
		orders()
	}
	is.NoErr(src.Teardown(ctx))
	expect.Text(t, log.String(), "fetch canary/")
	is.True(!strings.Contains(log.String(), "commit offset"))
}
