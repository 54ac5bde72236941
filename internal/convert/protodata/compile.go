package protodata

import (
	"bytes"
	"context"
	"embed"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"github.com/bufbuild/protocompile"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/conduitio/conduit-connector-kafka/internal/convert/budget"
)

// File is a file that others import by its name.
type File struct {
	Name string
	Text string
}

// own is the name of a codec's own file. No import has it.
const own = "\x00schema.proto"

//go:embed confluent
var confluent embed.FS

// New compiles a file, with those that it imports. Google's own (google/protobuf) and
// Confluent's (confluent) need not be among them.
func New(text string, imports ...File) (*Codec, error) {
	all := []string{text}
	for _, f := range imports {
		all = append(all, f.Text)
	}
	if err := budget.Texts(all...); err != nil {
		return nil, err
	}
	s := newSources()
	for _, f := range slices.Concat(imports, []File{{own, text}}) {
		if err := s.add(f); err != nil {
			return nil, fmt.Errorf("compile the schema: %w", err)
		}
	}
	compiler := protocompile.Compiler{
		Resolver:       protocompile.WithStandardImports(protocompile.ResolverFunc(s.find)),
		MaxParallelism: 1,
	}
	files, err := compiler.Compile(context.Background(), own)
	if err != nil {
		return nil, fmt.Errorf("compile the schema: %s", strings.TrimPrefix(err.Error(), own+":"))
	}
	return &Codec{files[0]}, nil
}

// sources are the files that a schema is compiled from.
type sources struct {
	known  map[string]protocompile.SearchResult
	tokens int // that are left
}

func newSources() *sources {
	return &sources{make(map[string]protocompile.SearchResult), maxTokens}
}

func (s *sources) add(f File) error {
	compiled := compiledFile(f.Name, f.Text)
	if compiled == nil {
		s.known[f.Name] = protocompile.SearchResult{Source: strings.NewReader(f.Text)}
		return s.check(f.Text)
	}
	s.known[f.Name] = protocompile.SearchResult{Proto: compiled}
	return s.take(part * parts(compiled.ProtoReflect()))
}

func (s *sources) find(name string) (protocompile.SearchResult, error) {
	if found, ok := s.known[name]; ok {
		return found, nil
	}
	if strings.HasPrefix(name, "confluent/") {
		if b, err := confluent.ReadFile(name); err == nil {
			return protocompile.SearchResult{Source: bytes.NewReader(b)}, nil
		}
	}
	return protocompile.SearchResult{}, protoregistry.NotFound
}

// compiledFile is a file that is given compiled, in base64, as Confluent's serializers for
// other languages than Java register it; nil for one in the Protobuf language.
func compiledFile(name, text string) *descriptorpb.FileDescriptorProto {
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(b) == 0 {
		return nil
	}
	var file descriptorpb.FileDescriptorProto
	if measure(budget.New(), file.ProtoReflect().Descriptor(), b, 0) != nil {
		return nil
	}
	if err := (proto.UnmarshalOptions{RecursionLimit: maxNesting}).Unmarshal(b, &file); err != nil {
		return nil
	}
	file.Name = proto.String(name)
	return &file
}
