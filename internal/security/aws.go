package security

import (
	"context"
	"errors"
	"fmt"
	"regexp"

	"github.com/segmentio/kafka-go/sasl"

	"github.com/conduitio/conduit-connector-kafka/internal/security/mskiam"
	"github.com/conduitio/conduit-connector-kafka/internal/setting"
)

// AWSConfig is whose credentials AWS_MSK_IAM uses.
type AWSConfig struct {
	// AWS region of the cluster, for AWS_MSK_IAM. Unless other aws settings say
	// otherwise, credentials are looked for where AWS programs do: environment, shared
	// files, container, machine.
	AWSRegion string `json:"aws.region"`
	// Profile in the shared files of AWS (~/.aws/config, ~/.aws/credentials) whose
	// credentials to use. Defaults to AWS_PROFILE of the environment.
	AWSProfile string `json:"aws.profile"`
	// Access key ID, instead of credentials that are looked for. Requires
	// aws.secretAccessKey.
	AWSAccessKeyID string `json:"aws.accessKeyID"`
	// Secret access key of aws.accessKeyID.
	AWSSecretAccessKey string `json:"aws.secretAccessKey"`
	// Session token of aws.accessKeyID, if its credentials are temporary. They are not
	// renewed.
	AWSSessionToken string `json:"aws.sessionToken"`
	// ARN of a role to assume with these credentials. The role's own credentials last
	// an hour, and are renewed.
	AWSRoleARN string `json:"aws.roleARN"`
	// External ID for assuming aws.roleARN, where the role's trust policy requires
	// one.
	AWSExternalID string `json:"aws.externalID"`
	// Session name for aws.roleARN, which CloudTrail and the brokers' logs show.
	// Defaults to conduit-connector-kafka.
	AWSSessionName string `json:"aws.sessionName"`
}

// String keeps the keys out of logs.
func (c AWSConfig) String() string {
	return fmt.Sprintf("{aws.region:%q aws.profile:%q aws.accessKeyID:%s aws.secretAccessKey:%s aws.sessionToken:%s aws.roleARN:%q aws.externalID:%s aws.sessionName:%q}",
		c.AWSRegion, c.AWSProfile, redacted(c.AWSAccessKeyID), redacted(c.AWSSecretAccessKey), redacted(c.AWSSessionToken),
		c.AWSRoleARN, redacted(c.AWSExternalID), c.AWSSessionName)
}

// GoString keeps the keys out of %#v.
func (c AWSConfig) GoString() string { return "kafka.AWSConfig" + c.String() }

// given lists the settings that are set.
func (c AWSConfig) given() []string {
	return append(givenSettings(
		option{"aws.region", c.AWSRegion != ""},
		option{"aws.profile", c.AWSProfile != ""},
		option{"aws.roleARN", c.AWSRoleARN != ""},
		option{"aws.externalID", c.AWSExternalID != ""},
		option{"aws.sessionName", c.AWSSessionName != ""},
	), c.givenKeys()...)
}

func (c AWSConfig) givenKeys() []string {
	return givenSettings(
		option{"aws.accessKeyID", c.AWSAccessKeyID != ""},
		option{"aws.secretAccessKey", c.AWSSecretAccessKey != ""},
		option{"aws.sessionToken", c.AWSSessionToken != ""},
	)
}

// What AWS allows: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
var (
	awsRegion      = regexp.MustCompile(`^[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}$`)
	awsRole        = regexp.MustCompile(`^arn:aws[a-z-]*:iam::[0-9]{12}:role/.+$`)
	awsExternalID  = regexp.MustCompile(`^[\w+=,.@:/-]{2,}$`) // up to 1224
	awsSessionName = regexp.MustCompile(`^[\w+=,.@-]{2,64}$`)
)

func (c AWSConfig) validate() error {
	errs := []error{c.validateKeys(), c.validateRole()}
	switch {
	case c.AWSRegion == "":
		errs = append(errs, setting.Missing("aws.region", "it is required for authentication with AWS_MSK_IAM", "eu-central-1", nil))
	case !awsRegion.MatchString(c.AWSRegion):
		errs = append(errs, setting.Invalid("aws.region", fmt.Sprintf("%q is not the name of a region", c.AWSRegion), "eu-central-1"))
	}
	return errors.Join(errs...)
}

func (c AWSConfig) validateKeys() error {
	var errs []error
	keys := c.givenKeys()
	if len(keys) > 0 && c.AWSAccessKeyID == "" {
		errs = append(errs, setting.Missing("aws.accessKeyID", "it is required with "+keys[0], "", nil))
	}
	if len(keys) > 0 && c.AWSSecretAccessKey == "" {
		errs = append(errs, setting.Missing("aws.secretAccessKey", "it is required with "+keys[0], "", nil))
	}
	if len(keys) > 0 && c.AWSProfile != "" {
		errs = append(errs, setting.Invalid("aws.profile", keys[0]+" is given as well: leave one out", ""))
	}
	return errors.Join(errs...)
}

func (c AWSConfig) validateRole() error {
	var errs []error
	if c.AWSRoleARN == "" {
		for _, name := range givenSettings(option{"aws.externalID", c.AWSExternalID != ""}, option{"aws.sessionName", c.AWSSessionName != ""}) {
			errs = append(errs, setting.Invalid(name, "it is for aws.roleARN, which is not given", ""))
		}
		return errors.Join(errs...)
	}
	if !awsRole.MatchString(c.AWSRoleARN) {
		errs = append(errs, setting.Invalid("aws.roleARN", "it is not the ARN of a role", "arn:aws:iam::123456789012:role/kafka"))
	}
	if c.AWSExternalID != "" && !awsExternalID.MatchString(c.AWSExternalID) {
		errs = append(errs, setting.Invalid("aws.externalID", "it has 2 to 1224 letters, digits and + = , . @ : / - _", ""))
	}
	if c.AWSSessionName != "" && !awsSessionName.MatchString(c.AWSSessionName) {
		errs = append(errs, setting.Invalid("aws.sessionName", "it has 2 to 64 letters, digits and + = , . @ - _", "orders-pipeline"))
	}
	return errors.Join(errs...)
}

// awsMechanism authenticates with Amazon MSK.
var awsMechanism = mechanism{
	uses:     awsCredentials,
	validate: func(c SASLConfig) error { return c.AWSConfig.validate() },
	build: func(ctx context.Context, c SASLConfig, _ Env) (sasl.Mechanism, error) {
		m, err := mskiam.Mechanism(ctx, mskiam.Settings{
			Region: c.AWSRegion, Profile: c.AWSProfile,
			AccessKeyID: c.AWSAccessKeyID, SecretAccessKey: c.AWSSecretAccessKey, SessionToken: c.AWSSessionToken,
			RoleARN: c.AWSRoleARN, ExternalID: c.AWSExternalID, SessionName: c.AWSSessionName,
		})
		if err != nil {
			return nil, setting.Invalid("saslMechanism", err.Error(), "")
		}
		return m, nil
	},
}
