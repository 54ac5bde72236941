package connector_test

import (
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	kafka "github.com/conduitio/conduit-connector-kafka"
	"github.com/conduitio/conduit-connector-kafka/test/certs"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
	"github.com/conduitio/conduit-connector-kafka/test/expect"
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
	for side, open := range bothSides {
		t.Run(side, func(t *testing.T) {
			is := is.New(t)
			err := open(guarded(t), s)
			is.True(err != nil)
			t.Log(err)
			for _, want := range []string{"authentication failed", "Access denied", "saslMechanism, aws.region, and what the AWS credentials in use may do"} {
				expect.Error(t, err, want)
			}
			is.True(!strings.Contains(err.Error(), "-secret"))
		})
	}
}

func TestAnAWSProfileThatDoesNotExistIsAnError(t *testing.T) {
	s := startMSK(t, func(map[string]string) bool { return true })
	t.Setenv("AWS_PROFILE", "nobody")
	for side, open := range bothSides {
		t.Run(side, func(t *testing.T) {
			is := is.New(t)
			err := open(guarded(t), s)
			is.True(err != nil)
			t.Log(err)
			expect.Error(t, err, "saslMechanism: read the configuration for AWS", "nobody")
		})
	}
}

// startSTS starts an STS that gives credentials of a role, ASIAROLE, to whoever accept
// agrees to.
func startSTS(t *testing.T, accept func(*http.Request) bool) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil || !accept(r) {
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, `<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>not authorized to perform: sts:AssumeRole</Message></Error></ErrorResponse>`)
			return
		}
		fmt.Fprintf(w, `<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>wrong-secret</SecretAccessKey>
			<SessionToken>session</SessionToken><Expiration>%s</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`, time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
	}))
	t.Cleanup(server.Close)
	t.Setenv("AWS_ENDPOINT_URL_STS", server.URL)
}

// The way of each setting, from a pipeline file to STS and to the broker.
func TestTheSettingsSayWhichAWSCredentialsAreUsed(t *testing.T) {
	is := is.New(t)
	shared := filepath.Join(t.TempDir(), "credentials")
	is.NoErr(os.WriteFile(shared, []byte("[kafka]\naws_access_key_id=AKIDPROFILE\naws_secret_access_key=x\n"), 0o600))
	keys := settings{"aws.accessKeyID": "AKIDSETTINGS", "aws.secretAccessKey": "wrong-secret", "aws.sessionToken": "temporary"}
	role := settings{"aws.roleARN": "arn:aws:iam::123456789012:role/kafka", "aws.externalID": "external", "aws.sessionName": "orders"}
	for name, c := range map[string]struct {
		settings      settings
		asked, signed string // who asks STS, and who the broker sees
	}{
		"keys":                  {keys, "", "AKIDSETTINGS"},
		"a profile":             {settings{"aws.profile": "kafka"}, "", "AKIDPROFILE"},
		"a role":                {role, "AKIDEXAMPLE", "ASIAROLE"},
		"a role, with keys":     {role.with(keys), "AKIDSETTINGS", "ASIAROLE"},
		"a role of the profile": {role.with(settings{"aws.profile": "kafka"}), "AKIDPROFILE", "ASIAROLE"},
	} {
		t.Run(name, func(t *testing.T) {
			var seen atomic.Value
			s := startMSK(t, func(p map[string]string) bool {
				seen.Store(p["x-amz-credential"])
				return strings.HasPrefix(p["x-amz-credential"], c.signed+"/")
			})
			t.Setenv("AWS_SHARED_CREDENTIALS_FILE", shared)
			var asked atomic.Int32
			startSTS(t, func(r *http.Request) bool {
				asked.Add(1)
				return strings.Contains(r.Header.Get("Authorization"), "Credential="+c.asked+"/") &&
					r.PostForm.Get("RoleArn") == role["aws.roleARN"] && r.PostForm.Get("ExternalId") == "external" && r.PostForm.Get("RoleSessionName") == "orders"
			})
			copyThrough(t, s.with(c.settings))
			t.Log(seen.Load())
			is.New(t).Equal(asked.Load() > 0, c.asked != "")
		})
	}
}

// A trust policy that was just changed takes a moment to count, so it is tried for ten
// seconds.
func TestARoleThatMayNotBeAssumedIsAnErrorOfOpen(t *testing.T) {
	is := is.New(t)
	s := startMSK(t, func(map[string]string) bool { return true })
	startSTS(t, func(*http.Request) bool { return false })
	_, err := openDestination(guarded(t), s.with(settings{"topic": "x", "aws.roleARN": "arn:aws:iam::123456789012:role/kafka"}))
	is.True(err != nil)
	t.Log(err)
	expect.Error(t, err, "get AWS credentials", "not authorized to perform: sts:AssumeRole")
	is.True(!strings.Contains(err.Error(), "-secret"))
}

func TestTheCheckSaysThatARoleMayNotBeAssumed(t *testing.T) {
	is := is.New(t)
	s := startMSK(t, func(map[string]string) bool { return true })
	startSTS(t, func(*http.Request) bool { return false })
	var remedies []string
	for _, r := range kafka.CheckSource(guarded(t), s.with(settings{"topics": "t", "aws.roleARN": "arn:aws:iam::123456789012:role/kafka"})) {
		t.Logf("%+v", r)
		if r.Remedy != "" {
			remedies = append(remedies, r.Step+": "+r.Remedy)
		}
	}
	is.True(len(remedies) > 0)
	is.True(strings.HasPrefix(remedies[0], "SASL: compare aws.roleARN and aws.externalID with the role's trust policy"))
}
