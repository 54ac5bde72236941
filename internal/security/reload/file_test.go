package reload

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

func TestAPathIsToldFromASecret(t *testing.T) {
	is := is.New(t)
	dir := t.TempDir()
	t.Chdir(dir)
	is.NoErr(os.Mkdir("Certs", 0o700))
	for text, want := range map[string]bool{
		"/nowhere/ca.pem": true, "./ca.pem": true, "../certs/ca.pem": true, "/ca.pem": true, "Certs/CA.pem": true,
		filepath.Join(dir, "Some Dir", "CA.pem"): true,
		"":                                       false, "ca.pem": false, "certs/ca.pem": false, "/": false,
		"ya29.opaque-secret": false, "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg": false, "/x8Kd/Qm2v": false,
		base64.StdEncoding.EncodeToString([]byte("-----BEGIN PRIVATE KEY-----")): false,
		"-----BEGIN PRIVATE KEY-----\nx\n":                                       false, "/etc/" + strings.Repeat("x", 256): false,
	} {
		if got := IsPath(text); got != want {
			t.Errorf("%q: %t", text, got)
		}
	}
}

func TestAFileThatIsNotThereIsNamedUnlessItMayBeASecret(t *testing.T) {
	is := is.New(t)
	_, err := ReadFile("/nowhere/ca.pem")
	expect.Error(t, err, "/nowhere/ca.pem: no such file")
	_, err = ReadFile("ya29.opensesame")
	t.Log(err)
	expect.Error(t, err, "no such file")
	is.True(!strings.Contains(err.Error(), "opensesame"))
	is.True(os.IsNotExist(err) || strings.Contains(err.Error(), "not repeated"))
}

func TestALineIsReadWithoutItsEnd(t *testing.T) {
	for text, want := range map[string]string{"pass\n": "pass", "pass\r\n": "pass", " pass word ": " pass word ", "p$ss": "p$ss"} {
		is := is.New(t)
		path := filepath.Join(t.TempDir(), "f")
		is.NoErr(os.WriteFile(path, []byte(text), 0o600))
		got, err := ReadLine(path)
		is.NoErr(err)
		is.Equal(got, want)
	}
	for text, want := range map[string]string{"": "empty", "\n": "empty", "open\nsesame\n": "more than one line"} {
		is := is.New(t)
		path := filepath.Join(t.TempDir(), "f")
		is.NoErr(os.WriteFile(path, []byte(text), 0o600))
		_, err := ReadLine(path)
		expect.Error(t, err, want)
		is.True(!strings.Contains(err.Error(), "sesame"))
	}
}
