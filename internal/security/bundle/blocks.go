package bundle

import (
	"bytes"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
)

// block is what stands between a BEGIN line and its END line.
type block struct {
	pem.Block
	encrypted bool
}

const (
	begin  = "-----BEGIN "
	end    = "-----END "
	dashes = "-----"
)

// blocks returns all blocks of a text, none if it is not PEM. Each BEGIN line has to
// have its END line.
func blocks(text []byte) ([]block, error) {
	rest := normalize(text)
	var out []block
	for {
		_, after, ok := strings.Cut(rest, begin)
		if !ok {
			return out, nil
		}
		kind, after, ok := strings.Cut(after, dashes)
		if !ok || strings.ContainsAny(kind, "\r\n") {
			return nil, fmt.Errorf("PEM block %d is cut short in its BEGIN line", len(out)+1)
		}
		body, after, ok := strings.Cut(after, end+kind+dashes)
		if !ok || strings.Contains(body, begin) {
			return nil, fmt.Errorf("PEM block %d (%s) is cut short: its line %s is missing", len(out)+1, kind, end+kind+dashes)
		}
		b, err := decode(kind, body)
		if err != nil {
			return nil, fmt.Errorf("PEM block %d (%s) %w", len(out)+1, kind, err)
		}
		out = append(out, b)
		rest = dashes + after // those of the END line may belong to a BEGIN as well
	}
}

// decode reads a block's base64. Legacy keys have headers before it (RFC 1421).
func decode(kind, body string) (block, error) {
	b := block{
		Block:     pem.Block{Type: kind},
		encrypted: kind == "ENCRYPTED PRIVATE KEY" || strings.Contains(body, "Proc-Type:") && strings.Contains(body, "ENCRYPTED"),
	}
	if b.encrypted {
		return b, nil
	}
	var data strings.Builder
	for line := range strings.Lines(body) {
		if line = strings.TrimSpace(line); !strings.HasPrefix(line, "#") && !strings.Contains(line, ": ") {
			data.WriteString(line)
		}
	}
	var err error
	if b.Bytes, err = unbase64(data.String()); err != nil {
		return b, fmt.Errorf("is damaged: it is not base64 (%w)", err)
	}
	if len(b.Bytes) == 0 {
		return b, fmt.Errorf("is empty")
	}
	return b, nil
}

func unbase64(text string) ([]byte, error) {
	text = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, text)
	return base64.RawStdEncoding.DecodeString(strings.TrimRight(text, "="))
}

// normalize returns the text with its line breaks, decoded where it is base64 of PEM.
func normalize(text []byte) string {
	s := unescape(text)
	if strings.Contains(s, begin) {
		return s
	}
	if inner, err := unbase64(strings.Trim(s, "\"' \t\r\n")); err == nil && bytes.Contains(inner, []byte(begin)) {
		return unescape(inner)
	}
	return s
}

// unescape undoes UTF-16, as Windows writes it, and the escapes of JSON and of shells.
func unescape(text []byte) string {
	if bytes.HasPrefix(text, []byte{0xff, 0xfe}) {
		units := make([]uint16, 0, len(text)/2)
		for i := 2; i+1 < len(text); i += 2 {
			units = append(units, uint16(text[i])|uint16(text[i+1])<<8)
		}
		text = []byte(string(utf16.Decode(units)))
	}
	return strings.NewReplacer(`\r`, "", `\n`, "\n", "\r\n", "\n", "\r", "\n").Replace(string(text))
}
