package protodata

import (
	"fmt"
	"strings"

	"github.com/bufbuild/protocompile"
	"github.com/bufbuild/protocompile/parser"
	"github.com/bufbuild/protocompile/reporter"
)

// Imports returns the names of the files that a file imports. Google's own and Confluent's,
// which New and every registry have, are not among them.
func Imports(text string) ([]string, error) {
	s := newSources()
	if err := s.check(text); err != nil {
		return nil, err
	}
	handler := reporter.NewHandler(nil)
	file, err := parser.Parse(own, strings.NewReader(text), handler)
	if err != nil {
		return nil, fmt.Errorf("parse the schema: %s", strings.TrimPrefix(err.Error(), own+":"))
	}
	parsed, err := parser.ResultFromAST(file, false, handler)
	if err != nil {
		return nil, fmt.Errorf("parse the schema: %s", strings.TrimPrefix(err.Error(), own+":"))
	}
	builtIn := protocompile.WithStandardImports(protocompile.ResolverFunc(s.find))
	var names []string
	for _, name := range parsed.FileDescriptorProto().GetDependency() {
		if _, err := builtIn.FindFileByPath(name); err != nil {
			names = append(names, name)
		}
	}
	return names, nil
}
