package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
)

// logErrors returns the first different errors of Conduit's JSON log, of which
// the others follow, and what it said in plain text when it ended.
func logErrors(path string, limit int) ([]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read Conduit's log: %w", err)
	}
	defer f.Close()
	var found []string
	s := bufio.NewScanner(f)
	s.Buffer(nil, 16<<20) // a line may have a stack, or a record
	for len(found) < limit && s.Scan() {
		if text := logError(s.Bytes()); text != "" && !slices.Contains(found, text) {
			found = append(found, text)
		}
	}
	if err := s.Err(); err != nil {
		return nil, fmt.Errorf("read Conduit's log: %w", err)
	}
	return found, nil
}

// logError returns the error in a line of the log, or nothing.
func logError(line []byte) string {
	var entry struct {
		Level, Error, Message string
	}
	if json.Unmarshal(line, &entry) != nil {
		// Plain text is the error that Conduit ends with, between stack frames.
		text := strings.TrimSpace(string(line))
		if strings.HasPrefix(text, "error:") || strings.HasPrefix(text, "- ") {
			return text
		}
		return ""
	}
	if entry.Level != "error" && entry.Level != "fatal" {
		return ""
	}
	return strings.TrimSuffix(entry.Message+": "+entry.Error, ": ")
}
