package protodata

import (
	"fmt"
	"strings"

	"github.com/bufbuild/protocompile"
)

// Imports returns the names of the files that a file imports. Google's own and Confluent's,
// which New and every registry have, are not among them.
func Imports(text string) ([]string, error) {
	s := newSources()
	if err := s.check(text); err != nil {
		return nil, err
	}
	result, err := parse(own, text, false)
	if err != nil {
		return nil, fmt.Errorf("parse the schema: %s", strings.TrimPrefix(err.Error(), own+":"))
	}
	builtIn := protocompile.WithStandardImports(protocompile.ResolverFunc(s.find))
	var names []string
	for _, name := range result.FileDescriptorProto().GetDependency() {
		if _, err := builtIn.FindFileByPath(name); err != nil {
			names = append(names, name)
		}
	}
	return names, nil
}
