package protodata

import (
	"fmt"
	"slices"

	"google.golang.org/protobuf/types/descriptorpb"
)

const (
	// maxName bounds a name with all around it, in bytes: each part of a schema has those
	// of its package and of the messages around it in its own.
	maxName = 1000
	// maxSteps bounds the steps in which the compiler looks names up, each some 2 ns.
	maxSteps = 500_000_000
	// look is the steps to look for a name in one file, with each stepBytes of the name
	// one more.
	look      = 16
	stepBytes = 4
	// pass is the steps to go past an import on the way to another, or to see that it is
	// not public.
	pass = 4
	// lookRange is the steps to look whether the number of an extension is in a range.
	lookRange = 40
)

var errSteps = fmt.Errorf("to look its names up in all that it imports would take more than %d steps", maxSteps)

// lookups are the steps in which the compiler finds what a name in a schema is. It looks for
// a name in each message around it, and in each package around that in each file that is
// imported, also by imports of imports that are public: once for each way that leads to it.
type lookups struct {
	files map[string]*parsed
	ways  map[string]way
	steps int

	ranges int // of numbers for extensions
}

func newLookups(files map[string]*parsed) *lookups {
	return &lookups{files: files, ways: make(map[string]way)}
}

func (l *lookups) check() error {
	for _, f := range l.files {
		l.ranges += rangesOf(f.proto.GetMessageType())
	}
	for _, f := range l.files {
		if err := l.file(f.proto); err != nil {
			return err
		}
	}
	return nil
}

func rangesOf(messages []*descriptorpb.DescriptorProto) int {
	n := 0
	for _, m := range messages {
		n += len(m.GetExtensionRange()) + rangesOf(m.GetNestedType())
	}
	return n
}

func (l *lookups) file(f *descriptorpb.FileDescriptorProto) error {
	of := f.GetPackage()
	for _, name := range []string{f.GetName(), of} {
		if len(name) > maxName {
			return tooLong(name)
		}
	}
	w := way{look, 1}
	for _, name := range f.GetDependency() {
		w = w.then(l.way(name), len(f.GetDependency()))
	}
	s := scope{full: len(of), outer: min(w.steps*(look+w.depth)/look, maxSteps), packages: 1}
	for i, c := range of + "." {
		if c == '.' {
			s.packages++
			s.packageBytes += i
		}
	}
	if err := l.take(s.outer); err != nil {
		return err
	}
	for _, m := range f.GetMessageType() {
		if err := l.message(m, s); err != nil {
			return err
		}
	}
	for _, e := range f.GetEnumType() {
		if err := l.enum(e, s); err != nil {
			return err
		}
	}
	for _, service := range f.GetService() {
		if err := l.service(service, s); err != nil {
			return err
		}
	}
	return l.fields(f.GetExtension(), s)
}

func (l *lookups) message(m *descriptorpb.DescriptorProto, around scope) error {
	s, err := around.within(m.GetName())
	if err != nil {
		return err
	}
	for _, o := range m.GetOneofDecl() {
		if _, err := s.within(o.GetName()); err != nil {
			return err
		}
	}
	for _, e := range m.GetEnumType() {
		if err := l.enum(e, s); err != nil {
			return err
		}
	}
	for _, inner := range m.GetNestedType() {
		if err := l.message(inner, s); err != nil {
			return err
		}
	}
	return l.fields(slices.Concat(m.GetField(), m.GetExtension()), s)
}

func (l *lookups) enum(e *descriptorpb.EnumDescriptorProto, around scope) error {
	s, err := around.within(e.GetName())
	for _, v := range e.GetValue() {
		if err == nil {
			_, err = s.within(v.GetName())
		}
	}
	return err
}

func (l *lookups) service(of *descriptorpb.ServiceDescriptorProto, around scope) error {
	s, err := around.within(of.GetName())
	for _, m := range of.GetMethod() {
		if err == nil {
			_, err = s.within(m.GetName())
		}
		if err == nil {
			err = l.find(s, m.GetInputType(), m.GetOutputType())
		}
	}
	return err
}

func (l *lookups) fields(fields []*descriptorpb.FieldDescriptorProto, s scope) error {
	for _, f := range fields {
		if _, err := s.within(f.GetName()); err != nil {
			return err
		}
		if err := l.find(s, f.GetTypeName(), f.GetExtendee()); err != nil {
			return err
		}
		if f.Extendee == nil {
			continue
		}
		if err := l.take(lookRange * l.ranges); err != nil {
			return err
		}
	}
	return nil
}

// find takes the steps to find what some names stand for.
func (l *lookups) find(s scope, names ...string) error {
	for _, name := range names {
		if name == "" {
			continue
		}
		if len(name) > maxName {
			return tooLong(name)
		}
		if err := l.take(s.steps(name)); err != nil {
			return err
		}
	}
	return nil
}

func (l *lookups) take(steps int) error {
	if l.steps += steps; l.steps > maxSteps {
		return errSteps
	}
	return nil
}
