package mskiam

import (
	"context"
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
	"github.com/segmentio/kafka-go/sasl"

	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

// start authenticates once, and returns the message.
func start(t *testing.T, m sasl.Mechanism) (sasl.StateMachine, string) {
	t.Helper()
	s, message, err := m.Start(sasl.WithMetadata(context.Background(), &sasl.Metadata{Host: "b-1.example.com", Port: 9098}))
	is.New(t).NoErr(err)
	return s, string(message)
}

func mechanismOf(t *testing.T, s Settings) sasl.Mechanism {
	t.Helper()
	s.Region = "eu-central-1"
	m, err := Mechanism(context.Background(), s)
	is.New(t).NoErr(err)
	return m
}

func TestKeysOfTheSettingsComeBeforeTheEnvironments(t *testing.T) {
	is := is.New(t)
	environment(t, map[string]string{"AWS_ACCESS_KEY_ID": "AKIDENVIRONMENT", "AWS_SECRET_ACCESS_KEY": "x"})
	s, message := start(t, mechanismOf(t, Settings{AccessKeyID: "AKIDSETTINGS", SecretAccessKey: "opensesame", SessionToken: "session"}))
	expect.Text(t, message, `"x-amz-credential":"AKIDSETTINGS/`, `"x-amz-security-token":"session"`)
	is.True(!strings.Contains(message, "opensesame"))
	is.True(!s.(interface{ Discard() bool }).Discard()) // there are no others
}

func TestTheProfileOfTheSettingsIsUsed(t *testing.T) {
	is := is.New(t)
	environment(t, nil)
	file := filepath.Join(t.TempDir(), "credentials")
	is.NoErr(os.WriteFile(file, []byte("[default]\naws_access_key_id=AKIDDEFAULT\naws_secret_access_key=x\n[kafka]\naws_access_key_id=AKIDKAFKA\naws_secret_access_key=x\n"), 0o600))
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", file)
	for profile, id := range map[string]string{"": "AKIDDEFAULT", "kafka": "AKIDKAFKA"} {
		_, message := start(t, mechanismOf(t, Settings{Profile: profile}))
		expect.Text(t, message, `"x-amz-credential":"`+id+`/`)
	}
	_, err := Mechanism(context.Background(), Settings{Region: "eu-central-1", Profile: "nobody"})
	expect.Error(t, err, "nobody")
}

// stsServer gives credentials of roles. It numbers them.
type stsServer struct {
	*httptest.Server
	asked atomic.Int32
	form  atomic.Value // of the last request
	by    atomic.Value // whose credentials signed it
}

func startSTS(t *testing.T) *stsServer {
	s := new(stsServer)
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		s.form.Store(r.PostForm.Encode())
		s.by.Store(r.Header.Get("Authorization"))
		fmt.Fprintf(w, `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
			<AccessKeyId>ASIAROLE%d</AccessKeyId><SecretAccessKey>x</SecretAccessKey><SessionToken>y</SessionToken><Expiration>%s</Expiration>
			</Credentials></AssumeRoleResult></AssumeRoleResponse>`, s.asked.Add(1), time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
	}))
	t.Cleanup(s.Close)
	t.Setenv("AWS_ENDPOINT_URL_STS", s.URL)
	return s
}

func TestARoleIsAssumed(t *testing.T) {
	is := is.New(t)
	environment(t, map[string]string{"AWS_ACCESS_KEY_ID": "AKIDENVIRONMENT", "AWS_SECRET_ACCESS_KEY": "x"})
	server := startSTS(t)
	const role = "arn:aws:iam::123456789012:role/kafka"
	m := mechanismOf(t, Settings{RoleARN: role, ExternalID: "external", SessionName: "orders", AccessKeyID: "AKIDSETTINGS", SecretAccessKey: "x"})
	for range 3 { // connections share the credentials
		_, message := start(t, m)
		expect.Text(t, message, `"x-amz-credential":"ASIAROLE1/`)
	}
	expect.Text(t, server.form.Load().(string), "Action=AssumeRole", "ExternalId=external")
	expect.Text(t, server.form.Load().(string), "RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fkafka", "RoleSessionName=orders")
	expect.Text(t, server.by.Load().(string), "Credential=AKIDSETTINGS/", "/eu-central-1/sts/")

	s, _ := start(t, m)
	is.True(s.(interface{ Discard() bool }).Discard()) // the broker has refused them
	_, message := start(t, m)
	expect.Text(t, message, `"x-amz-credential":"ASIAROLE2/`)

	_, _ = start(t, mechanismOf(t, Settings{RoleARN: role}))
	expect.Text(t, server.form.Load().(string), "RoleSessionName=conduit-connector-kafka")
	is.True(!strings.Contains(server.form.Load().(string), "ExternalId"))
	expect.Text(t, server.by.Load().(string), "Credential=AKIDENVIRONMENT/")
}
