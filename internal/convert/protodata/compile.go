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
	"github.com/bufbuild/protocompile/parser"
	"github.com/bufbuild/protocompile/protoutil"
	"github.com/bufbuild/protocompile/reporter"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
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
// Confluent's (confluent) need not be among them. It has no context that ends it: what it
// does is bounded before (see limits.go, options.go and lookups.go).
func New(text string, imports ...File) (*Codec, error) {
	all := []string{text}
	for _, f := range imports {
		all = append(all, f.Text)
	}
	if err := budget.Texts(all...); err != nil {
		return nil, err
	}
	c, err := compile(slices.Concat(imports, []File{{own, text}}))
	if err != nil {
		return nil, fmt.Errorf("compile the schema: %s", strings.TrimPrefix(err.Error(), own+":"))
	}
	return c, nil
}

func compile(files []File) (*Codec, error) {
	s := newSources()
	for _, f := range files {
		if err := s.add(f); err != nil {
			return nil, err
		}
	}
	if err := newLookups(s.known).check(); err != nil {
		return nil, err
	}
	compiler := protocompile.Compiler{
		Resolver:       protocompile.WithStandardImports(protocompile.ResolverFunc(s.find)),
		MaxParallelism: 1,
	}
	compiled, err := compiler.Compile(context.Background(), own)
	if err != nil {
		return nil, err
	}
	var known protoregistry.Files
	file, err := indexed(compiled[0], &known)
	return &Codec{file, needsMeasure(&known)}, err
}

// indexed returns a file whose messages find their fields by a table. Those of the compiler
// go through all of them each time.
func indexed(f protoreflect.FileDescriptor, known *protoregistry.Files) (protoreflect.FileDescriptor, error) {
	if done, err := known.FindFileByPath(f.Path()); err == nil {
		return done, nil
	}
	for i := range f.Imports().Len() {
		if _, err := indexed(f.Imports().Get(i), known); err != nil {
			return nil, err
		}
	}
	file, err := protodesc.NewFile(protoutil.ProtoFromFileDescriptor(f), known)
	if err != nil {
		return nil, err
	}
	return file, known.RegisterFile(file)
}

// sources are the files that a schema is compiled from.
type sources struct {
	known  map[string]*parsed
	tokens int // that are left
	dots   int // that are left
}

// parsed is a file before it is compiled: as the parser has it, or given compiled.
type parsed struct {
	result parser.Result
	proto  *descriptorpb.FileDescriptorProto
}

func newSources() *sources { return &sources{make(map[string]*parsed), maxTokens, maxDots} }

func (s *sources) add(f File) error {
	if compiled := compiledFile(f.Name, f.Text); compiled != nil {
		if err := s.take(part * parts(compiled.ProtoReflect())); err != nil {
			return err
		}
		s.known[f.Name] = &parsed{proto: compiled}
		return dropOptions(compiled.ProtoReflect())
	}
	if err := s.check(f.Text); err != nil {
		return err
	}
	result, err := parse(f.Name, f.Text, true)
	if err != nil {
		return err
	}
	s.known[f.Name] = &parsed{result, result.FileDescriptorProto()}
	return dropOptions(result.FileDescriptorProto().ProtoReflect())
}

func parse(name, text string, validate bool) (parser.Result, error) {
	handler := reporter.NewHandler(nil)
	file, err := parser.Parse(name, strings.NewReader(text), handler)
	if err != nil {
		return nil, err
	}
	return parser.ResultFromAST(file, validate, handler)
}

func (s *sources) find(name string) (protocompile.SearchResult, error) {
	if found, ok := s.known[name]; ok && found.result != nil {
		return protocompile.SearchResult{ParseResult: found.result}, nil
	} else if ok {
		return protocompile.SearchResult{Proto: found.proto}, nil
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
