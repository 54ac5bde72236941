package protodata

import (
	"context"
	"embed"
	"encoding/base64"
	"fmt"
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
	texts := map[string]string{own: text}
	all := []string{text}
	for _, f := range imports {
		texts[f.Name] = f.Text
		all = append(all, f.Text)
	}
	if err := budget.Texts(all...); err != nil {
		return nil, err
	}
	compiler := protocompile.Compiler{
		Resolver:       protocompile.WithStandardImports(protocompile.ResolverFunc(func(name string) (protocompile.SearchResult, error) { return find(texts, name) })),
		MaxParallelism: 1,
	}
	files, err := compiler.Compile(context.Background(), own)
	if err != nil {
		return nil, fmt.Errorf("compile the schema: %s", strings.TrimPrefix(err.Error(), own+":"))
	}
	return &Codec{files[0]}, nil
}

func find(texts map[string]string, name string) (protocompile.SearchResult, error) {
	text, ok := texts[name]
	if !ok && strings.HasPrefix(name, "confluent/") {
		b, err := confluent.ReadFile(name)
		text, ok = string(b), err == nil
	}
	if !ok {
		return protocompile.SearchResult{}, protoregistry.NotFound
	}
	if compiled := compiledFile(name, text); compiled != nil {
		return protocompile.SearchResult{Proto: compiled}, nil
	}
	if err := checkNesting(text); err != nil {
		return protocompile.SearchResult{}, err
	}
	return protocompile.SearchResult{Source: strings.NewReader(text)}, nil
}

// compiledFile is a file that is given compiled, in base64, as Confluent's serializers for
// other languages than Java register it; nil for one in the Protobuf language.
func compiledFile(name, text string) *descriptorpb.FileDescriptorProto {
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(b) == 0 {
		return nil
	}
	var file descriptorpb.FileDescriptorProto
	if err := (proto.UnmarshalOptions{RecursionLimit: maxNesting}).Unmarshal(b, &file); err != nil {
		return nil
	}
	file.Name = proto.String(name)
	return &file
}
