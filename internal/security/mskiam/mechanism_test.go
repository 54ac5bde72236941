package mskiam

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/segmentio/kafka-go/sasl"

	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

// environment is all that AWS programs find.
func environment(t *testing.T, vars map[string]string) {
	t.Helper()
	for _, name := range []string{
		"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_REGION",
		"AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_WEB_IDENTITY_TOKEN_FILE",
	} {
		t.Setenv(name, "")
	}
	t.Setenv("AWS_CONFIG_FILE", "/nowhere/config")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere/credentials")
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	for name, value := range vars {
		t.Setenv(name, value)
	}
}

// payload is what a broker gets at a given time.
func payload(t *testing.T, now time.Time) map[string]string {
	t.Helper()
	is := is.New(t)
	m, err := Mechanism(context.Background(), Settings{Region: "eu-central-1"})
	is.NoErr(err)
	is.Equal(m.Name(), "AWS_MSK_IAM")
	fixed := m.(mechanism)
	fixed.now = func() time.Time { return now }
	ctx := sasl.WithMetadata(context.Background(), &sasl.Metadata{Host: "b-1.example.kafka.eu-central-1.amazonaws.com", Port: 9098})
	s, first, err := fixed.Start(ctx)
	is.NoErr(err)
	var fields map[string]string
	is.NoErr(json.Unmarshal(first, &fields))
	done, _, err := s.Next(ctx, []byte(`{"version":"2020_10_22","request-id":"x"}`))
	is.NoErr(err)
	is.True(done)
	return fields
}

// The fields and the signed request are those that AWS documents for its own
// client (aws-msk-iam-auth).
func TestTheMessageIsASignedRequestToConnect(t *testing.T) {
	const secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
	now := time.Date(2026, 3, 1, 14, 5, 6, 0, time.FixedZone("", 3600))
	for name, sessionToken := range map[string]string{"long-lived credentials": "", "a session's": "FwoGZXIv/YXdz+EXAMPLE=="} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			environment(t, map[string]string{"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": secret, "AWS_SESSION_TOKEN": sessionToken})
			got := payload(t, now)

			want := map[string]string{
				"version":             "2020_10_22",
				"host":                "b-1.example.kafka.eu-central-1.amazonaws.com",
				"action":              "kafka-cluster:Connect",
				"x-amz-algorithm":     "AWS4-HMAC-SHA256",
				"x-amz-credential":    "AKIDEXAMPLE/20260301/eu-central-1/kafka-cluster/aws4_request",
				"x-amz-date":          "20260301T130506Z",
				"x-amz-expires":       "300",
				"x-amz-signedheaders": "host",
			}
			query := url.Values{
				"Action":              {want["action"]},
				"X-Amz-Algorithm":     {want["x-amz-algorithm"]},
				"X-Amz-Credential":    {want["x-amz-credential"]},
				"X-Amz-Date":          {want["x-amz-date"]},
				"X-Amz-Expires":       {want["x-amz-expires"]},
				"X-Amz-SignedHeaders": {want["x-amz-signedheaders"]},
			}
			if sessionToken != "" {
				want["x-amz-security-token"] = sessionToken
				query.Set("X-Amz-Security-Token", sessionToken)
			}
			want["x-amz-signature"] = signature(secret, want["x-amz-date"], "eu-central-1", "kafka-cluster", query,
				map[string]string{"host": want["host"]})
			is.True(got["user-agent"] != "")
			delete(got, "user-agent") // says who connects
			is.Equal(got, want)
		})
	}
}

func TestWithoutCredentialsItMayBeBetterLater(t *testing.T) {
	is := is.New(t)
	environment(t, nil)
	m, err := Mechanism(context.Background(), Settings{Region: "eu-central-1"})
	is.NoErr(err)
	_, _, err = m.Start(sasl.WithMetadata(context.Background(), &sasl.Metadata{Host: "b-1"}))
	is.True(err != nil)
	t.Log(err)
	is.True(strings.HasPrefix(err.Error(), "get AWS credentials: "))
	var passing interface{ Retriable() bool }
	is.True(errors.As(err, &passing) && passing.Retriable())
}

func TestAConfigurationThatCanNotBeReadIsAnError(t *testing.T) {
	is := is.New(t)
	environment(t, map[string]string{"AWS_PROFILE": "nobody"})
	_, err := Mechanism(context.Background(), Settings{Region: "eu-central-1"})
	is.True(err != nil)
	t.Log(err)
	expect.Error(t, err, "nobody")
}
