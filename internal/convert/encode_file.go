package convert

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/conduitio/conduit-connector-kafka/internal/convert/avrodata"
	"github.com/conduitio/conduit-connector-kafka/internal/convert/budget"
	"github.com/conduitio/conduit-connector-kafka/internal/convert/jsonschema"
	"github.com/conduitio/conduit-connector-kafka/internal/convert/protodata"
	"github.com/conduitio/conduit-connector-kafka/internal/registry"
)

// maxFiles bounds the files that a schema of a file refers to, itself and by others. It is
// the bound of a schema in the registry as well.
const maxFiles = 1000

// fileSchema is a schema of a file.
type fileSchema struct {
	name   string // by which others refer to it; empty for the one of the setting
	file   string // its path in the directory of that one
	text   string
	others []*fileSchema // to which it refers itself
}

// readSchemaFile reads the schema of a file, and those that it refers to, which are beside
// it. It returns all, each after those that it refers to, so that it is the last.
func readSchemaFile(typ, file string) ([]*fileSchema, error) {
	r := schemaReader{typ: typ, extension: filepath.Ext(file), left: budget.Schema, known: make(map[string]*fileSchema)}
	text, err := r.readFile(os.Open(file))
	switch {
	case r.left < 0:
		return nil, inFile(file, err)
	case err != nil:
		return nil, fmt.Errorf("it is neither %s nor the ID of a schema, and the file can't be read: %w", schemaLatest, err)
	}
	if r.beside, err = os.OpenRoot(filepath.Dir(file)); err != nil {
		return nil, fmt.Errorf("its directory can't be read: %w", err)
	}
	defer func() { _ = r.beside.Close() }()
	if err := r.add(&fileSchema{file: filepath.Base(file), text: text}); err != nil {
		return nil, inFile(file, err)
	}
	return r.all, nil
}

func inFile(file string, err error) error { return fmt.Errorf("with the file %s: %w", file, err) }

// schemaReader reads a schema of a file with those that it refers to.
type schemaReader struct {
	typ       string
	extension string   // of files of Avro
	beside    *os.Root // no path and no link leads out of it
	left      int      // bytes that may still be read

	known map[string]*fileSchema // by name; nil while those are read to which it refers
	all   []*fileSchema
}

// add adds a schema after those that it refers to.
func (r *schemaReader) add(s *fileSchema) error {
	names, err := r.references(s)
	if err != nil {
		return err
	}
	for _, name := range names {
		other, err := r.find(name, s)
		if err != nil {
			return err
		}
		s.others = append(s.others, other)
	}
	r.all = append(r.all, s)
	return nil
}

// references returns the names by which a schema refers to others.
func (r *schemaReader) references(s *fileSchema) (names []string, err error) {
	defer recovered(&err)
	switch r.typ {
	case typeAvro:
		_, names, err = avrodata.Names(s.text)
	case typeProtobuf:
		names, err = protodata.Imports(s.text)
	case typeJSON:
		names, err = jsonschema.References(s.text)
	}
	if err != nil && s.name != "" {
		err = fmt.Errorf("%s: %w", s.file, err)
	}
	return names, err
}

// find returns the schema to which another refers by a name.
func (r *schemaReader) find(name string, from *fileSchema) (*fileSchema, error) {
	files := r.candidates(name, from)
	if s, ok := r.known[name]; ok {
		switch {
		case s == nil:
			return nil, fmt.Errorf("%s refers to %q, which refers to it: the registry takes no schemas that refer to each other", from.file, name)
		case !slices.Contains(files, s.file):
			return nil, fmt.Errorf("%s refers to %q, which is another file for those that refer to %s: the registry has one schema of a name", from.file, name, s.file)
		}
		return s, nil
	}
	if len(r.known) >= maxFiles {
		return nil, fmt.Errorf("it refers to more than %d others", maxFiles)
	}
	r.known[name] = nil
	for _, file := range files {
		s, err := r.read(name, file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			err = r.add(s)
		}
		if err != nil {
			return nil, fmt.Errorf("%s refers to %q: %w", from.file, name, err)
		}
		r.known[name] = s
		return s, nil
	}
	return nil, fmt.Errorf("%s refers to %q, which must be a file beside it: there is no %s", from.file, name, strings.Join(files, " and no "))
}

// candidates returns where a schema of a name may be, in the order in which they count.
func (r *schemaReader) candidates(name string, from *fileSchema) []string {
	switch r.typ {
	case typeAvro: // which says nothing of files
		last := name[strings.LastIndexByte(name, '.')+1:]
		return slices.Compact([]string{name + r.extension, last + r.extension, strings.ToLower(last) + r.extension})
	case typeJSON:
		if u, err := url.Parse(name); err == nil {
			last := path.Base(u.Path)
			switch {
			case !u.IsAbs():
				name = u.Path
			case last == "." || last == "/": // no path, as of a URN
				return []string{name}
			default:
				name = last
			}
		}
		if !path.IsAbs(name) {
			return []string{path.Join(path.Dir(from.file), name)}
		}
	}
	return []string{name}
}

// read reads the file of a name. Its error is fs.ErrNotExist where that is not there.
func (r *schemaReader) read(name, file string) (*fileSchema, error) {
	if !filepath.IsLocal(filepath.FromSlash(file)) {
		return nil, fmt.Errorf("%q is not in the directory of the file", file)
	}
	text, err := r.readFile(r.beside.Open(filepath.FromSlash(file)))
	if err != nil {
		return nil, err
	}
	if r.typ == typeAvro {
		own, _, err := avrodata.Names(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		if own != name {
			return nil, fmt.Errorf("%s is the schema of %q", file, own)
		}
	}
	return &fileSchema{name: name, file: file, text: text}, nil
}

// readFile reads a file that is open, and closes it.
func (r *schemaReader) readFile(f *os.File, err error) (string, error) {
	if err != nil {
		return "", err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, int64(r.left)+1))
	if err != nil {
		return "", err
	}
	if r.left -= len(b); r.left < 0 {
		return "", fmt.Errorf("the schema and those that it refers to have more than %d MiB", budget.Schema>>20)
	}
	return string(b), nil
}

// schemaOf returns the last of some schemas, with the others, as the registry would.
func schemaOf(typ string, files []*fileSchema) *registry.Schema {
	last := len(files) - 1
	s := &registry.Schema{Type: typ, Text: files[last].text}
	for _, f := range files[:last] {
		s.References = append(s.References, registry.Reference{Name: f.name, Text: f.text})
	}
	return s
}
