package security

import (
	"fmt"
	"strings"

	"github.com/conduitio/conduit-connector-kafka/internal/security/reload"
	"github.com/conduitio/conduit-connector-kafka/internal/setting"
)

// fileSetting is something that is given as a text, by the setting of a name, or in a
// file, by the setting of that name with File after it.
type fileSetting struct{ name, text, path string }

func (f fileSetting) given() bool { return f.text != "" || f.path != "" }

// setting is the name of the one that is given.
func (f fileSetting) setting() string {
	if f.path != "" {
		return f.name + "File"
	}
	return f.name
}

// like is the name of the variant that goes with another one.
func (f fileSetting) like(other fileSetting) string {
	if other.path != "" {
		return f.name + "File"
	}
	return f.name
}

func (f fileSetting) validate() error {
	switch {
	case f.text != "" && f.path != "":
		return setting.Invalid(f.name+"File", f.name+" is given as well: give one of the two", "")
	case isSecret(f.path):
		return setting.Invalid(f.name+"File", "it must be the path of a file; for the text itself there is "+f.name, "")
	}
	return nil
}

// isSecret reports whether a key, a certificate or a JSON Web Token stands in place of
// the path to its file.
func isSecret(s string) bool {
	return strings.ContainsAny(s, "\r\n") || strings.Contains(s, "-----BEGIN") || strings.HasPrefix(s, "eyJ") || strings.HasPrefix(s, "LS0tLS1CRUdJTi")
}

func (f fileSetting) read() ([]byte, error) {
	if f.path == "" {
		return []byte(f.text), nil
	}
	b, err := reload.ReadFile(f.path)
	if err != nil {
		return nil, setting.Invalid(f.setting(), fmt.Sprintf("the file can't be read: %v", err), "")
	}
	return b, nil
}

// line is a text of one line, without the line end that a file may have.
func (f fileSetting) line() (string, error) {
	if f.path == "" {
		return f.text, nil
	}
	line, err := reload.ReadLine(f.path)
	if err != nil {
		return "", setting.Invalid(f.setting(), fmt.Sprintf("the file can't be read: %v", err), "")
	}
	return line, nil
}
