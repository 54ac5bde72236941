package reload

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// ReadFile reads a file. Its error names the path only where that is none but a path:
// a key, a token or a password may have been given in its place.
func ReadFile(path string) ([]byte, error) {
	b, err := os.ReadFile(path)
	if err == nil || IsPath(path) {
		return b, err
	}
	var of *fs.PathError
	if errors.As(err, &of) {
		err = of.Err
	}
	return nil, fmt.Errorf("%w (what is given is not repeated here, it may be no path but the secret itself)", err)
}

// ReadLine reads a file of one line, such as a password, without its line end.
func ReadLine(path string) (string, error) {
	b, err := ReadFile(path)
	if err != nil {
		return "", err
	}
	line := strings.TrimRight(string(b), "\r\n")
	switch {
	case line == "":
		return "", errors.New("the file is empty")
	case strings.ContainsAny(line, "\r\n"):
		return "", errors.New("the file has more than one line")
	}
	return line, nil
}

// plain are elements of paths that nobody treats as a part of a secret.
var plain = regexp.MustCompile(`^[a-z0-9._-]{1,40}$`)

// IsPath reports whether a text is the path of a file for sure: it begins in a directory
// that exists, or as paths do with words in lower case after it.
func IsPath(text string) bool {
	rooted := filepath.IsAbs(text) || strings.HasPrefix(text, "./") || strings.HasPrefix(text, "../")
	elements := strings.FieldsFunc(filepath.ToSlash(text), func(r rune) bool { return r == '/' })
	if strings.ContainsAny(text, "\r\n") || len(elements) == 0 {
		return false
	}
	words := rooted
	for _, e := range elements {
		if len(e) > 255 {
			return false
		}
		words = words && plain.MatchString(e)
	}
	if words {
		return true
	}
	if len(elements) == 1 {
		return false
	}
	first := text[:strings.Index(text, elements[0])+len(elements[0])]
	info, err := os.Stat(first)
	return err == nil && info.IsDir()
}
