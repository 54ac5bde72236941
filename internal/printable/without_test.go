package printable

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/matryer/is"
)

func TestWithoutHidesASecretInEachForm(t *testing.T) {
	const secret = `open "sésame"/\+ <now>`
	quoted, err := json.Marshal(secret)
	is.New(t).NoErr(err)
	for name, form := range map[string]string{
		"as it is":      secret,
		"in Go":         fmt.Sprintf("%q", secret),
		"in ASCII":      fmt.Sprintf("%+q", secret),
		"in JSON":       string(quoted),
		"in a query":    url.QueryEscape(secret),
		"in a path":     url.PathEscape(secret),
		"hexadecimal":   fmt.Sprintf("%x", secret),
		"HEXADECIMAL":   fmt.Sprintf("%X", secret),
		"base64":        base64.StdEncoding.EncodeToString([]byte(secret)),
		"base64 of URL": base64.RawURLEncoding.EncodeToString([]byte(secret)),
	} {
		t.Run(name, func(t *testing.T) {
			got := Without("refused "+form+" twice: "+form, secret)
			got = strings.ReplaceAll(got, `"`, "")
			is.New(t).Equal(got, "refused (secret) twice: (secret)")
		})
	}
}

func TestWithoutHidesASecretInsideBase64(t *testing.T) {
	const secret = "sesame"
	for before := range 7 {
		for after := range 7 {
			told := strings.Repeat("u", before) + secret + strings.Repeat("x", after)
			for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding, base64.RawStdEncoding} {
				text := encoding.EncodeToString([]byte(told))
				is.New(t).Equal(Without("refused: "+text+" of you", secret), "refused: (secret) of you") // whatever is around it
			}
		}
	}
}

func TestWithoutLeavesOtherTexts(t *testing.T) {
	is := is.New(t)
	const text = "SASL authentication failed: user has no password c2Vz"
	is.Equal(Without(text), text)
	is.Equal(Without(text, ""), text)
	is.Equal(Without(text, "open sesame"), text)
	is.Equal(Without("a cat", "a"), "(secret) c(secret)t")
}
