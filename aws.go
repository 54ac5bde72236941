package kafka

import (
	"context"
	"fmt"
	"regexp"

	"github.com/segmentio/kafka-go/sasl"

	"github.com/conduitio/conduit-connector-kafka/internal/mskiam"
)

var awsRegion = regexp.MustCompile(`^[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}$`)

// awsMechanism authenticates with Amazon MSK.
var awsMechanism = mechanism{
	uses: awsCredentials,
	check: func(c SASLConfig) error {
		switch {
		case c.AWSRegion == "":
			return settingError("aws.region", "it is required for authentication with AWS_MSK_IAM", "eu-central-1")
		case !awsRegion.MatchString(c.AWSRegion):
			return settingError("aws.region", fmt.Sprintf("%q is not the name of a region", c.AWSRegion), "eu-central-1")
		}
		return nil
	},
	build: func(ctx context.Context, c SASLConfig, _ saslEnv) (sasl.Mechanism, error) {
		m, err := mskiam.Mechanism(ctx, c.AWSRegion)
		if err != nil {
			return nil, settingError("saslMechanism", err.Error(), "")
		}
		return m, nil
	},
}
