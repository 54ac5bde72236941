package connector_test

import (
	"crypto/tls"
	"encoding/json"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/test/certs"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

// startMSK starts a cluster that takes each AWS_MSK_IAM message which accept
// agrees to. The settings are those to reach it.
func startMSK(t *testing.T, accept func(payload map[string]string) bool) settings {
	t.Helper()
	is := is.New(t)
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "wrong-secret", "AWS_SESSION_TOKEN": "session-secret",
		"AWS_PROFILE": "", "AWS_CONFIG_FILE": "/nowhere", "AWS_SHARED_CREDENTIALS_FILE": "/nowhere",
	} {
		t.Setenv(name, value)
	}
	ca, err := certs.New("a CA")
	is.NoErr(err)
	server, err := ca.Server()
	is.NoErr(err)
	pair, err := server.TLS()
	is.NoErr(err)
	c := embedded.Start(t, kfake.AllowAutoTopicCreation(), kfake.TLS(&tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}))
	c.ControlKey(kmsg.SASLHandshake.Int16(), func(req kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		res := req.ResponseKind().(*kmsg.SASLHandshakeResponse)
		if req.(*kmsg.SASLHandshakeRequest).Mechanism != "AWS_MSK_IAM" {
			res.ErrorCode = kerr.UnsupportedSaslMechanism.Code
		}
		return res, nil, true
	})
	c.ControlKey(kmsg.SASLAuthenticate.Int16(), func(req kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		res := req.ResponseKind().(*kmsg.SASLAuthenticateResponse)
		var payload map[string]string
		if err := json.Unmarshal(req.(*kmsg.SASLAuthenticateRequest).SASLAuthBytes, &payload); err != nil || !accept(payload) {
			res.ErrorCode, res.ErrorMessage = kerr.SaslAuthenticationFailed.Code, kmsg.StringPtr("[1a2b]: Access denied")
			return res, nil, true
		}
		res.SASLAuthBytes = []byte(`{"version":"2020_10_22","request-id":"1a2b"}`)
		return res, nil, true
	})
	return settings{
		"servers": list(c.ListenAddrs()), "caCert": string(ca.Cert()), "securityProtocol": "SASL_SSL",
		"saslMechanism": "AWS_MSK_IAM", "aws.region": "eu-central-1",
	}
}

func TestAuthenticatesAtAmazonMSKWithTheCredentialsOfTheEnvironment(t *testing.T) {
	is := is.New(t)
	var asked atomic.Int32
	copyThrough(t, startMSK(t, func(p map[string]string) bool {
		asked.Add(1)
		return p["version"] == "2020_10_22" && p["host"] == "127.0.0.1" && p["action"] == "kafka-cluster:Connect" &&
			strings.HasPrefix(p["x-amz-credential"], "AKIDEXAMPLE/") && strings.HasSuffix(p["x-amz-credential"], "/eu-central-1/kafka-cluster/aws4_request") &&
			p["x-amz-security-token"] == "session-secret" && len(p["x-amz-signature"]) == 64
	}))
	is.True(asked.Load() > 0)
}

func TestSaysWhyAmazonMSKRefuses(t *testing.T) {
	s := startMSK(t, func(map[string]string) bool { return false })
	for side, open := range sides {
		t.Run(side, func(t *testing.T) {
			is := is.New(t)
			err := open(guarded(t), s)
			is.True(err != nil)
			t.Log(err)
			for _, want := range []string{"authentication failed", "Access denied", "saslMechanism, aws.region, and what the AWS credentials in use may do"} {
				is.True(strings.Contains(err.Error(), want))
			}
			is.True(!strings.Contains(err.Error(), "-secret"))
		})
	}
}

func TestAnAWSProfileThatDoesNotExistIsAnError(t *testing.T) {
	s := startMSK(t, func(map[string]string) bool { return true })
	t.Setenv("AWS_PROFILE", "nobody")
	for side, open := range sides {
		t.Run(side, func(t *testing.T) {
			is := is.New(t)
			err := open(guarded(t), s)
			is.True(err != nil)
			t.Log(err)
			is.True(strings.Contains(err.Error(), "saslMechanism: read the configuration for AWS"))
			is.True(strings.Contains(err.Error(), "nobody"))
		})
	}
}
