package protodata

import (
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/matryer/is"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/conduitio/conduit-connector-kafka/internal/convert/budget"
	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

// Schemas that name their own messages as Google's. A stack that overflows ends the
// process, so each is in one of its own.
func TestMessagesOfGooglesNamesAreNotTakenForThem(t *testing.T) {
	const (
		wrapper  = `syntax = "proto3"; package google.protobuf; message Int32Value { Int32Value value = 1; }`
		structs  = `syntax = "proto3"; package google.protobuf; message Struct { Struct fields = 1; }`
		variable = "HOSTILE_PROTO"
	)
	all := map[string]func() (any, error){
		"decode a wrapper": func() (any, error) { return codecOf(t, wrapper).Decode([]byte{0, 10, 0}) },
		"decode a struct":  func() (any, error) { return codecOf(t, structs).Decode([]byte{0}) },
		"encode a wrapper": func() (any, error) {
			m, err := codecOf(t, wrapper).Message("")
			if err != nil {
				return nil, err
			}
			return m.Encode(map[string]any{"value": map[string]any{}})
		},
	}
	if f := all[os.Getenv(variable)]; f != nil {
		_, err := f()
		is.New(t).NoErr(err)
		return
	}
	for name := range all {
		t.Run(name, func(t *testing.T) {
			cmd := exec.Command(os.Args[0], "-test.run=^"+strings.Split(t.Name(), "/")[0]+"$")
			cmd.Env = append(os.Environ(), variable+"="+name)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v: %.300s", err, out)
			}
		})
	}
}

func codecOf(t *testing.T, text string) *Codec {
	t.Helper()
	c, err := New(text)
	is.New(t).NoErr(err)
	return c
}

func TestKeysOfAMapThatDoNotFitAreAnError(t *testing.T) {
	for _, c := range [][2]string{{"int32", "99999999999"}, {"uint32", "4294967296"}, {"uint32", "-1"}, {"uint64", "-1"}, {"string", "\xff"}, {"int32", "x"}, {"bool", "x"}} {
		m, err := codecOf(t, `syntax = "proto3"; message A { map<`+c[0]+`, string> m = 1; }`).Message("")
		is.New(t).NoErr(err)
		_, err = m.Encode(map[string]any{"m": map[string]any{c[1]: "x"}})
		expect.Error(t, err, "the key is not")
	}
}

func TestKeysOfAMapHaveAllBits(t *testing.T) {
	is := is.New(t)
	c := codecOf(t, `syntax = "proto3"; message A { map<uint64, string> m = 1; }`)
	m, err := c.Message("")
	is.NoErr(err)
	given := map[string]any{"m": map[string]any{"18446744073709551615": "x"}}
	b, err := m.Encode(given)
	is.NoErr(err)
	got, err := c.Decode(b)
	is.NoErr(err)
	is.Equal(got, given)
}

func TestDecodeBoundsWhatMessagesBecome(t *testing.T) {
	wide := `syntax = "proto3"; message A { repeated B b = 1; map<int32, B> m = 2; } message B { B in = 1; `
	for i := range 200 {
		wide += "int64 f" + strings.Repeat("x", i) + " = " + strconv.Itoa(i+2) + ";"
	}
	wide += "}"
	deep := []byte{}
	for len(deep) < 2000*4 {
		deep = append(lengthPrefix(len(deep)), deep...)
	}
	for name, c := range map[string]struct{ data, want string }{
		"fields that are not set": {"\x00" + strings.Repeat("\x0a\x00", 100_000), "becomes more than 64 MiB"},
		"many messages":           {"\x00" + strings.Repeat("\x0a\x00", 1<<20), "becomes more than 64 MiB"},
		"messages in each other":  {"\x00" + string(deep), "recursion"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := codecOf(t, wide).Decode([]byte(c.data))
			expect.Error(t, err, c.want)
		})
	}
}

func lengthPrefix(n int) []byte {
	out := []byte{0x0a}
	for ; n >= 0x80; n >>= 7 {
		out = append(out, byte(n)|0x80)
	}
	return append(out, byte(n))
}

func TestOneLargeFieldIsDecoded(t *testing.T) {
	is := is.New(t)
	c := codecOf(t, `syntax = "proto3"; message A { bytes data = 1; repeated string text = 2; repeated bool packed = 3; }`)
	m, err := c.Message("")
	is.NoErr(err)
	long := strings.Repeat("x", 3<<20)
	b, err := m.Encode(map[string]any{"data": []byte(long), "text": []any{long, long}})
	is.NoErr(err)
	got, err := c.Decode(b)
	is.NoErr(err)
	is.Equal(len(got.(map[string]any)["data"].([]byte)), len(long))
	packed := append([]byte{0, 0x1a}, lengthPrefix(len(long))[1:]...)
	_, err = c.Decode(append(packed, long...))
	expect.Error(t, err, "becomes more than 64 MiB")
}

// Each value has the path to it, for errors.
func TestEncodeOfDeepValuesTakesLittleMemory(t *testing.T) {
	m, err := codecOf(t, `syntax = "proto3"; message A { A a = 1; repeated bool b = 2; }`).Message("")
	is.New(t).NoErr(err)
	v := map[string]any{"b": slices.Repeat([]any{true}, 20_000)}
	for range 900 {
		v = map[string]any{"a": v}
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err = m.Encode(v)
	runtime.ReadMemStats(&after)
	is.New(t).NoErr(err)
	if n := after.TotalAlloc - before.TotalAlloc; n > 64<<20 {
		t.Errorf("%d MiB are allocated", n>>20)
	}
}

// compiled is a compiled file of many fields, in base64.
func compiled(fields int) string {
	message := &descriptorpb.DescriptorProto{Name: proto.String("A")}
	for i := range fields {
		message.Field = append(message.Field, &descriptorpb.FieldDescriptorProto{Name: proto.String(fmt.Sprint("f", i)), Number: proto.Int32(int32(i + 1))})
	}
	b, _ := proto.Marshal(&descriptorpb.FileDescriptorProto{MessageType: []*descriptorpb.DescriptorProto{message}})
	return base64.StdEncoding.EncodeToString(b)
}

func TestSchemasThatCostTooMuchAreRefused(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"long":                  {`syntax = "proto3"; //` + strings.Repeat("x", budget.Schema), "more than 4 MiB"},
		"deep":                  {`syntax = "proto3"; ` + strings.Repeat("message A { ", 200_000), "nested more than 100 deep"},
		"many members":          {`syntax = "proto3"; message A { ` + strings.Repeat("oneof o { int32 a = 1; } ", 6_000) + "}", "more than 10000 messages, fields and other parts"},
		"many values":           {`syntax = "proto3"; import "google/protobuf/descriptor.proto"; option (x) = { o: [1` + strings.Repeat(",1", 100_000) + "] };", "more than 10000 messages, fields and other parts"},
		"many, compiled":        {compiled(11_000), "more than 10000 messages, fields and other parts"},
		"deep, beside comments": {`syntax = "proto3"; ` + strings.Repeat("message A { /* } */ // }\n", 100_000), "nested more than 100 deep"},
		"deep, beside texts":    {`syntax = "proto3"; ` + strings.Repeat(`option a = { b: "}\"}" `, 100_000), "nested more than 100 deep"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := New(c.text)
			expect.Error(t, err, c.want)
		})
	}
	_, err := New(`syntax = "proto3"; /* { ` + strings.Repeat("{", 200) + ` */ message A { int32 a = 1 [json_name = "'{{{"]; } // {`)
	is.New(t).NoErr(err)
}
