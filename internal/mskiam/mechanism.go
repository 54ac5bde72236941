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
	"github.com/segmentio/kafka-go/sasl"
	"github.com/segmentio/kafka-go/sasl/aws_msk_iam_v2"
)

// Mechanism authenticates in a region of AWS. It reads the configuration of the
// AWS SDK (environment and shared files) now, and asks for credentials when they
// are needed; where these can't be had the error says so (Retriable), since most
// come over the network.
func Mechanism(ctx context.Context, region string) (sasl.Mechanism, error) {
	cfg, err := config.LoadDefaultConfig(ctx, config.WithRegion(region))
	if err != nil {
		return nil, fmt.Errorf("read the configuration for AWS: %w", err)
	}
	return mechanism{cfg, time.Now}, nil
}

type mechanism struct {
	cfg aws.Config
	now func() time.Time
}

func (mechanism) Name() string { return "AWS_MSK_IAM" }

func (m mechanism) Start(ctx context.Context) (sasl.StateMachine, []byte, error) {
	if _, err := m.cfg.Credentials.Retrieve(ctx); err != nil { // which keeps them
		return nil, nil, credentialsError{err}
	}
	signer := aws_msk_iam_v2.NewMechanism(m.cfg)
	signer.SignTime = m.now()
	return signer.Start(ctx)
}

type credentialsError struct{ error }

func (e credentialsError) Error() string   { return "get AWS credentials: " + e.error.Error() }
func (e credentialsError) Unwrap() error   { return e.error }
func (e credentialsError) Retriable() bool { return true }
