package oauth

import (
	"github.com/conduitio/conduit-connector-kafka/internal/printable"
	"github.com/conduitio/conduit-connector-kafka/test/expect"

	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/matryer/is"
)

// fixed is a source of one token.
type fixed struct {
	token string
	err   error
}

func (f fixed) Token(context.Context) (string, error) { return f.token, f.err }
func (fixed) Refused(string) bool                     { return false }

func TestTheFirstMessageCarriesTheToken(t *testing.T) {
	is := is.New(t)
	m := Mechanism(fixed{"abc.def.", nil}, nil)
	is.Equal(m.Name(), "OAUTHBEARER")
	s, first, err := m.Start(context.Background())
	is.NoErr(err)
	is.Equal(string(first), "n,,\x01auth=Bearer abc.def.\x01\x01") // RFC 7628, section 3.1
	done, _, err := s.Next(context.Background(), nil)
	is.NoErr(err)
	is.True(done)
}

func TestARefusalIsAcknowledgedSoThatTheBrokerFailsIt(t *testing.T) {
	is := is.New(t)
	s, _, err := Mechanism(fixed{"abc", nil}, nil).Start(context.Background())
	is.NoErr(err)
	done, answer, err := s.Next(context.Background(), []byte(`{"status":"invalid_token"}`))
	is.NoErr(err)
	is.True(!done)
	is.Equal(answer, []byte{1})
	// A broker that agrees after all is none.
	done, _, err = s.Next(context.Background(), nil)
	is.True(!done)
	expect.Error(t, err, "invalid_token")
}

func TestWithoutATokenNothingBegins(t *testing.T) {
	is := is.New(t)
	_, _, err := Mechanism(fixed{"", errors.New("no token")}, nil).Start(context.Background())
	is.Equal(err.Error(), "no token")
}

func TestATokenInAFileIsReadEachTime(t *testing.T) {
	is := is.New(t)
	path := filepath.Join(t.TempDir(), "token")
	write := func(text string) { is.NoErr(os.WriteFile(path, []byte(text), 0o600)) }
	write("one\n")
	var warnings []string
	tokens, err := File(path, func(err error) { warnings = append(warnings, err.Error()) })
	is.NoErr(err)
	get := func() string {
		token, err := tokens.Token(context.Background())
		is.NoErr(err)
		return token
	}
	is.Equal(get(), "one")
	write(" two== \r\n")
	is.Equal(get(), "two==")
	write("") // about to be written
	is.Equal(get(), "two==")
	is.NoErr(os.Remove(path))
	is.Equal(get(), "two==")
	is.Equal(len(warnings), 2)
	expect.Text(t, warnings[0], "the token is empty")
	expect.Text(t, warnings[1], "no such file")
	write("three")
	is.Equal(get(), "three")
}

func TestWhatIsNoTokenIsRefusedAtOnce(t *testing.T) {
	for name, text := range map[string]string{
		"empty":       " \n",
		"two lines":   "opensesame\nopensesame",
		"JSON":        `{"access_token":"opensesame"}`,
		"a header":    "Bearer opensesame",
		"separators":  "opensesame\x01",
		"= in front":  "=opensesame",
		"not in UTF8": "opensesame\xff",
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			path := filepath.Join(t.TempDir(), "token")
			is.NoErr(os.WriteFile(path, []byte(text), 0o600))
			_, err := File(path, nil)
			is.True(err != nil)
			expect.Error(t, err, path)
			is.True(!strings.Contains(err.Error(), "opensesame"))
		})
	}
}

func TestExtensionsGoWithTheToken(t *testing.T) {
	is := is.New(t)
	_, first, err := Mechanism(fixed{"abc", nil}, map[string]string{"logicalCluster": "lkc-1", "identityPoolId": "pool-2"}).Start(context.Background())
	is.NoErr(err)
	is.Equal(string(first), "n,,\x01auth=Bearer abc\x01identityPoolId=pool-2\x01logicalCluster=lkc-1\x01\x01") // RFC 7628, section 3.1
}

func TestExtensionsAreChecked(t *testing.T) {
	for name, value := range map[string]string{"a": "b", "logicalCluster": "lkc-1=,; x"} {
		is.New(t).NoErr(ValidateExtension(name, value))
	}
	for name, value := range map[string]string{"": "b", "a1": "b", "a.b": "c", "auth": "Bearer x", "a": "", "b": "opensesame\x01auth=x", "c": "ü"} {
		err := ValidateExtension(name, value)
		is.New(t).True(err != nil)
		is.New(t).True(!strings.Contains(err.Error(), "opensesame"))
	}
}

func TestAFileThatHasAnotherTokenByNowIsReadAgain(t *testing.T) {
	is := is.New(t)
	path := filepath.Join(t.TempDir(), "token")
	is.NoErr(os.WriteFile(path, []byte("one"), 0o600))
	tokens, err := File(path, nil)
	is.NoErr(err)
	is.True(!tokens.Refused("one"))
	is.NoErr(os.WriteFile(path, []byte("two"), 0o600))
	is.True(tokens.Refused("one"))
}

// FuzzNext has a broker say anything: it has agreed only if it says nothing, and what it
// says instead is fit for a log.
func FuzzNext(f *testing.F) {
	f.Add([]byte{}, []byte{})
	f.Add([]byte(`{"status":"invalid_token\u001b[2J"}`), []byte("again"))
	f.Fuzz(func(t *testing.T, first, second []byte) {
		d := &dialogue{token: "t"}
		done, _, err := d.Next(context.Background(), first)
		if err != nil || done != (len(first) == 0) {
			t.Errorf("%q: %t %v", first, done, err)
		}
		if done {
			return
		}
		if done, _, err := d.Next(context.Background(), second); done || err == nil || strings.ContainsFunc(err.Error(), func(r rune) bool { return !printable.Is(string(r)) }) {
			t.Errorf("%q, then %q: %t %q", first, second, done, err)
		}
	})
}
