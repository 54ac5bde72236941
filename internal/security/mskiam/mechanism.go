// Package mskiam authenticates with Amazon MSK by IAM: the SASL mechanism
// AWS_MSK_IAM, whose one message is a request signed with AWS credentials
// (Signature Version 4).
//
// The signing and the message are kafka-go's, the credentials the AWS SDK's: from
// the environment, the shared files, a web identity, the container or the machine.
package mskiam

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/segmentio/kafka-go/sasl"
	"github.com/segmentio/kafka-go/sasl/aws_msk_iam_v2"
)

// Settings say whose credentials to use. What is empty is left to the AWS SDK.
type Settings struct {
	Region  string // of the cluster
	Profile string // in the shared files

	// Keys, instead of those that the SDK finds.
	AccessKeyID, SecretAccessKey, SessionToken string

	// A role to assume with these credentials.
	RoleARN, ExternalID, SessionName string
}

// Mechanism authenticates in a region of AWS. It reads the configuration of the
// AWS SDK (environment and shared files) now, and asks for credentials when they
// are needed; where these can't be obtained the error says so (Retriable), since most
// come over the network.
func Mechanism(ctx context.Context, s Settings) (sasl.Mechanism, error) {
	options := []func(*config.LoadOptions) error{config.WithRegion(s.Region)}
	if s.Profile != "" {
		options = append(options, config.WithSharedConfigProfile(s.Profile))
	}
	if s.AccessKeyID != "" {
		options = append(options, config.WithCredentialsProvider(
			credentials.NewStaticCredentialsProvider(s.AccessKeyID, s.SecretAccessKey, s.SessionToken)))
	}
	cfg, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return nil, fmt.Errorf("read the configuration for AWS: %w", err)
	}
	if s.RoleARN != "" {
		cfg.Credentials = aws.NewCredentialsCache(assume(cfg, s))
	}
	return mechanism{cfg, time.Now}, nil
}

// assume asks STS, in the cluster's region, for credentials of a role.
func assume(cfg aws.Config, s Settings) aws.CredentialsProvider {
	return stscreds.NewAssumeRoleProvider(sts.NewFromConfig(cfg), s.RoleARN, func(o *stscreds.AssumeRoleOptions) {
		if o.RoleSessionName = s.SessionName; s.SessionName == "" {
			o.RoleSessionName = "conduit-connector-kafka"
		}
		if s.ExternalID != "" {
			o.ExternalID = &s.ExternalID
		}
	})
}

type mechanism struct {
	cfg aws.Config
	now func() time.Time
}

func (mechanism) Name() string { return "AWS_MSK_IAM" }

func (m mechanism) Start(ctx context.Context) (sasl.StateMachine, []byte, error) {
	used, err := m.cfg.Credentials.Retrieve(ctx) // which keeps them
	if err != nil {
		return nil, nil, credentialsError{err}
	}
	signer := aws_msk_iam_v2.NewMechanism(m.cfg)
	signer.SignTime = m.now()
	session, message, err := signer.Start(ctx)
	return dialogue{session, m.cfg.Credentials, used.CanExpire}, message, err
}

// dialogue is one authentication.
type dialogue struct {
	sasl.StateMachine
	credentials aws.CredentialsProvider
	temporary   bool
}

// Discard throws temporary credentials away, and reports whether they were such.
func (d dialogue) Discard() bool {
	if c, ok := d.credentials.(*aws.CredentialsCache); ok && d.temporary {
		c.Invalidate()
		return true
	}
	return false
}

type credentialsError struct{ error }

func (e credentialsError) Error() string   { return "get AWS credentials: " + e.error.Error() }
func (e credentialsError) Unwrap() error   { return e.error }
func (e credentialsError) Retriable() bool { return true }
