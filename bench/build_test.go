package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/matryer/is"
)

func TestSumsOf_finds_the_lines_of_one_module(t *testing.T) {
	is := is.New(t)
	lines, err := sumsOf("published.go.sum", connectorModule)
	is.NoErr(err)
	is.Equal(len(lines), 2) // of the module and of its go.mod
	_, err = sumsOf("go.sum", connectorModule)
	is.True(err != nil) // here it is replaced
}

func TestCopyFile_appends(t *testing.T) {
	is := is.New(t)
	from, to := filepath.Join(t.TempDir(), "a"), filepath.Join(t.TempDir(), "b")
	is.NoErr(os.WriteFile(from, []byte("1\n"), 0o644))
	is.NoErr(copyFile(to, from, "2\n", "3\n"))
	text, err := os.ReadFile(to)
	is.NoErr(err)
	is.Equal(string(text), "1\n2\n3\n")
}

func TestFieldOf_reads_what_proc_says(t *testing.T) {
	is := is.New(t)
	is.Equal(fieldOf("processor\t: 0\nmodel name\t: A CPU: fast\nmodel name\t: B\n", "model name", ":"), "A CPU: fast")
	is.Equal(fieldOf("NAME=x\nPRETTY_NAME=\"An OS 1\"\n", "PRETTY_NAME", "="), `"An OS 1"`)
	is.Equal(fieldOf("", "model name", ":"), "unknown")
}

func TestFileName_is_legal(t *testing.T) {
	is.New(t).Equal(fileName("source 1 KB, none: connector, ReadN + Ack (again) 1"), "source-1-KB-none-connector-ReadN-Ack-again-1")
}
