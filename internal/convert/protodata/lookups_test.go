package protodata

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/conduitio/conduit-connector-kafka/internal/convert/budget"
	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

// soon fails where f would take hours.
func soon(t *testing.T, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	select {
	case <-done:
	case <-time.After(time.Minute):
		t.Fatal("it does not end")
	}
}

// diamonds are files each of which imports two others publicly, which do so as well: there
// are 2^levels ways to the last ones.
func diamonds(levels int, text func(name string, imports ...string) string) []File {
	var files []File
	for i := range levels {
		for _, side := range "ab" {
			name, next := fmt.Sprintf("%c%d", side, i), []string{fmt.Sprint("a", i+1), fmt.Sprint("b", i+1)}
			if i == levels-1 {
				next = nil
			}
			files = append(files, File{name, text(name, next...)})
		}
	}
	return files
}

// several texts of a number each.
func several(n int, text string, first, step int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, text, first+step*i)
	}
	return b.String()
}

func publicly(_ string, imports ...string) string {
	text := `syntax = "proto3";`
	for _, name := range imports {
		text += fmt.Sprintf(`import public %q;`, name)
	}
	return text
}

func publiclyCompiled(name string, imports ...string) string {
	file := &descriptorpb.FileDescriptorProto{Name: proto.String(name), Dependency: imports}
	for i := range imports {
		file.PublicDependency = append(file.PublicDependency, int32(i))
	}
	b, _ := proto.Marshal(file)
	return base64.StdEncoding.EncodeToString(b)
}

func compiledPackage(name string) string {
	b, _ := proto.Marshal(&descriptorpb.FileDescriptorProto{Package: &name, MessageType: []*descriptorpb.DescriptorProto{{Name: proto.String("A")}}})
	return base64.StdEncoding.EncodeToString(b)
}

func TestSchemasWhoseNamesAreFarToFindAreRefused(t *testing.T) {
	var many []File
	imports := ""
	for i := range 1000 {
		many = append(many, File{fmt.Sprint("f", i), fmt.Sprintf(`syntax = "proto3"; message M%d {}`, i)})
		imports += fmt.Sprintf("import \"f%d\";", i)
	}
	fields := ""
	for i := range 2000 {
		fields += fmt.Sprintf("M999 f%d = %d;", i, i+1)
	}
	for name, c := range map[string]struct {
		text  string
		files []File
		want  string
	}{
		"many ways to a file":           {`syntax = "proto3"; import "a0"; message A { Missing m = 1; }`, diamonds(40, publicly), "more than 500000000 steps"},
		"many ways to a file, compiled": {`syntax = "proto3"; import "a0"; message A { Missing m = 1; }`, diamonds(40, publiclyCompiled), "more than 500000000 steps"},
		"many ways, and no name":        {`syntax = "proto3"; import "a0";`, diamonds(40, publicly), "more than 500000000 steps"},
		"many files":                    {`syntax = "proto3"; package a.b.c.d.e.f.g.h;` + imports + "message A {" + fields + "}", many, "more than 500000000 steps"},
		"many ranges for many numbers":  {`syntax = "proto2"; message A { extensions 1` + several(4000, ", %d", 3, 2) + `; } extend A {` + several(4000, "optional bool b%[1]d = %[1]d;", 3, 2) + `}`, nil, "more than 500000000 steps"},
		"many ranges":                   {`syntax = "proto2"; message A { extensions 1` + several(20_000, ", %d", 3, 2) + `; }`, nil, "more than 10000 messages"},
		"many names that are reserved":  {`syntax = "proto2"; message A { reserved "a"` + several(20_000, `, "b%d"`, 3, 2) + `; }`, nil, "more than 10000 messages"},
		"many dots":                     {`syntax = "proto3"; option a` + strings.Repeat(" . a", 1<<19) + ` = 1;`, nil, "more than 250000 dots"},
		"a long package":                {`syntax = "proto3"; package a` + strings.Repeat(".a", 1<<12) + `; message A { Missing m = 1; }`, nil, "more than 1000 bytes"},
		"long names in each other":      {`syntax = "proto3"; ` + strings.Repeat("message M"+strings.Repeat("m", 900)+" { ", 30) + fields + strings.Repeat("}", 30), nil, "more than 1000 bytes"},
		"one long name":                 {`syntax = "proto3"; message M` + strings.Repeat("m", 1<<20) + ` {}`, nil, "more than 1000 bytes"},
		"a long package, compiled":      {compiledPackage("a" + strings.Repeat(".a", 1<<20)), nil, "more than 1000 bytes"},
		"a long name of a type":         {`syntax = "proto3"; message A { a` + strings.Repeat(".a", 1<<12) + ` m = 1; }`, nil, "more than 1000 bytes"},
		"a long name of an enum":        {`syntax = "proto3"; enum A` + strings.Repeat("a", 1<<20) + ` { B = 0; }`, nil, "more than 1000 bytes"},
		"a long name of a service":      {`syntax = "proto3"; message A {} service S { rpc M` + strings.Repeat("a", 1<<20) + `(A) returns (A); }`, nil, "more than 1000 bytes"},
		"a long name of a oneof":        {`syntax = "proto3"; message A { oneof o` + strings.Repeat("a", 1<<20) + ` { bool b = 1; } }`, nil, "more than 1000 bytes"},
		"values of an option in one":    {`edition = "2023"; message A { bool b = 1 [features = { field_presence: EXPLICIT }]; }`, nil, "write each as an option of its own"},
	} {
		t.Run(name, func(t *testing.T) {
			soon(t, func() {
				_, err := New(c.text, c.files...)
				expect.Error(t, err, "compile the schema: ", c.want)
				is.New(t).True(err != nil && len(err.Error()) < 300)
			})
		})
	}
}

func TestSchemasOfManyFilesAreCompiled(t *testing.T) {
	is := is.New(t)
	var files []File
	for i := range 100 {
		text := `syntax = "proto3"; package com.example.shop.orders.v1;`
		for j := max(0, i-20); j < i; j++ {
			text += fmt.Sprintf("import %s \"f%d\";", map[bool]string{true: "public"}[j == i-1 && i%10 == 0], j)
		}
		text += fmt.Sprintf("message Customer%d {", i)
		for j := range 40 {
			text += fmt.Sprintf("Customer%d field%d = %d;", max(0, i-20+j/2), j, j+1)
		}
		files = append(files, File{fmt.Sprint("f", i), text + "}"})
	}
	_, err := New(`syntax = "proto3"; import "f99"; message A { com.example.shop.orders.v1.Customer99 c = 1; }`, files...)
	is.NoErr(err)
}

// What an option that somebody defined says is of no use here.
func TestOptionsThatAreDefinedAreLeftOut(t *testing.T) {
	is := is.New(t)
	const text = `syntax = "proto2"; import "google/protobuf/descriptor.proto";
		extend google.protobuf.FieldOptions { optional Note note = 50000; }
		message Note { repeated string texts = 1; }
		option java_package = "a";
		message A {
			option deprecated = true;
			optional string text = 1 [(note) = { texts: ["a", "b"] }, (note).texts = "c", default = "none", json_name = "label"];
			repeated int32 numbers = 2 [packed = true, deprecated = true];
			enum E { option allow_alias = true; ONE = 1; UNO = 1 [(missing) = 1]; }
		}`
	m, err := codecOf(t, text).Message("A")
	is.NoErr(err)
	b, err := m.Encode(map[string]any{"label": "x", "numbers": []any{1, 2}})
	is.NoErr(err)
	is.Equal(b[2:], []byte("\x0a\x01x\x12\x02\x01\x02"))
	got, err := codecOf(t, text).Decode([]byte{2, 2})
	is.NoErr(err)
	is.Equal(got.(map[string]any)["text"], nil)
}

func TestDecodeOfAMessageOfManyFieldsLooksThemUp(t *testing.T) {
	message, oneof := "", ""
	for i := range 9000 {
		message += fmt.Sprintf("int32 f%d = %d;", i, i+1)
	}
	for i := range 9000 {
		oneof += fmt.Sprintf("int32 f%d = %d;", i, i+10)
	}
	for name, c := range map[string]struct{ text, want string }{
		"the last field": {`syntax = "proto3"; message A {` + message + "}", ""},
		"a oneof":        {`syntax = "proto3"; message A { oneof o {` + oneof + "} }", "more than 64 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			codec := codecOf(t, c.text)
			one := protowire.AppendVarint(protowire.AppendTag(nil, 9000, protowire.VarintType), 1)
			for _, size := range []int{2_000_000, budget.Small / 2} { // the latter need not be measured elsewhere
				data := append([]byte{0}, strings.Repeat(string(one), size/len(one))...)
				soon(t, func() {
					_, err := codec.Decode(data)
					if c.want == "" {
						is.New(t).NoErr(err)
						return
					}
					expect.Error(t, err, c.want)
				})
			}
		})
	}
}
