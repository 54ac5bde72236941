package broker

import (
	"context"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

const scramIterations = 4096

// AddSCRAMUser makes a user known to SCRAM, or gives it another password, and waits
// until every node has learned of it. It computes what kafka-configs does (see
// ScramFormatter.saltedPassword of Kafka), from the bytes of the password.
func (c *Cluster) AddSCRAMUser(ctx context.Context, user, password string) error {
	return addSCRAMUser(ctx, c.Direct(), c.desc.Options.Nodes, user, password)
}

// addSCRAMUser goes over the wire, not through the storage tool, so that it is the
// same however the cluster was started.
func addSCRAMUser(ctx context.Context, servers []string, nodes int, user, password string) error {
	cl, err := kclient.New(servers)
	if err != nil {
		return err
	}
	defer cl.Close()

	salt := make([]byte, 16)
	_, _ = rand.Read(salt) // never fails
	key256, err := pbkdf2.Key(sha256.New, password, salt, scramIterations, sha256.Size)
	if err != nil {
		return fmt.Errorf("salt password: %w", err)
	}
	key512, err := pbkdf2.Key(sha512.New, password, salt, scramIterations, sha512.Size)
	if err != nil {
		return fmt.Errorf("salt password: %w", err)
	}
	for mechanism, key := range map[int8][]byte{1: key256, 2: key512} {
		u := kmsg.NewAlterUserSCRAMCredentialsRequestUpsertion()
		u.Name, u.Mechanism, u.Iterations = user, mechanism, scramIterations
		u.Salt, u.SaltedPassword = salt, key
		// a request may name a user only once
		req := kmsg.NewPtrAlterUserSCRAMCredentialsRequest()
		req.Upsertions = append(req.Upsertions, u)
		resp, err := req.RequestWith(ctx, cl.Raw())
		if err != nil {
			return fmt.Errorf("add SCRAM user: %w", err)
		}
		if err := kerr.ErrorForCode(resp.Results[0].ErrorCode); err != nil {
			return fmt.Errorf("add SCRAM user: %w", err)
		}
	}
	return awaitSCRAMUser(ctx, cl, nodes, user)
}

// awaitSCRAMUser waits until every node has learned both credentials.
func awaitSCRAMUser(ctx context.Context, cl *kclient.Client, nodes int, user string) error {
	u := kmsg.NewDescribeUserSCRAMCredentialsRequestUser()
	u.Name = user
	req := kmsg.NewPtrDescribeUserSCRAMCredentialsRequest()
	req.Users = append(req.Users, u)
	for n := 1; n <= nodes; {
		resp, err := req.RequestWith(ctx, cl.Raw().Broker(n))
		if err != nil {
			return fmt.Errorf("wait for SCRAM user on node %d: %w", n, err)
		}
		if len(resp.Results) == 1 && len(resp.Results[0].CredentialInfos) == 2 {
			n++
			continue
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for SCRAM user on node %d: %w", n, ctx.Err())
		case <-time.After(poll):
		}
	}
	return nil
}
