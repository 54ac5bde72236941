package printable

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// hidden stands where a secret was.
const hidden = "(secret)"

// Without returns a text in which "(secret)" stands for each secret that is not empty: as
// it is, escaped as in URLs, JSON and Go, in hexadecimal digits, and in base64, also in
// the midst of something longer. Who says the text may have been told the secrets, and
// repeat them.
func Without(text string, secrets ...string) string {
	for _, secret := range secrets {
		if secret == "" {
			continue
		}
		for _, form := range forms(secret) {
			text = strings.ReplaceAll(text, form, hidden)
		}
		for _, part := range inBase64(secret) {
			text = regexp.MustCompile(`[A-Za-z0-9+/_-]*`+regexp.QuoteMeta(part)+`[A-Za-z0-9+/_-]*=*`).ReplaceAllLiteralString(text, hidden)
		}
	}
	return text
}

// forms lists how a secret may be written, the longest first: one may be a part of
// another.
func forms(secret string) []string {
	digits := hex.EncodeToString([]byte(secret))
	all := []string{
		secret, url.QueryEscape(secret), url.PathEscape(secret),
		unquoted(strconv.Quote(secret)), unquoted(strconv.QuoteToASCII(secret)),
		digits, strings.ToUpper(digits),
	}
	if quoted, err := json.Marshal(secret); err == nil {
		all = append(all, unquoted(string(quoted)))
	}
	slices.SortStableFunc(all, func(a, b string) int { return len(b) - len(a) })
	return all
}

func unquoted(s string) string { return s[1 : len(s)-1] }

// shortest is the number of characters of base64 below which words look like them.
const shortest = 5

// inBase64 lists what base64 makes of a secret wherever that begins in what is encoded:
// the characters that stand for nothing else, of both alphabets.
func inBase64(secret string) []string {
	var all []string
	for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		for before := range 3 {
			encoded := encoding.EncodeToString(append(make([]byte, before), secret...))
			part := encoded[(before*8+5)/6 : (before+len(secret))*8/6]
			if len(part) >= shortest && !slices.Contains(all, part) {
				all = append(all, part)
			}
		}
	}
	return all
}
