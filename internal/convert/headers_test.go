package convert

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand"
	"strings"
	"testing"
	"unicode/utf8"
	"unsafe"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/internal/convert/opencdcjson"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

func header(key, value string) recordbatch.Header {
	return recordbatch.Header{Key: key, Value: []byte(value)}
}

func null(key string) recordbatch.Header { return recordbatch.Header{Key: key} }

// inMetadata is the metadata that the source makes of headers.
func inMetadata(headers ...recordbatch.Header) opencdc.Metadata {
	metadata := opencdc.Metadata{"opencdc.collection": "t"}
	new(headersToMetadata).set(metadata, headers, shapeOf(headers))
	return metadata
}

// forwarded are the headers that the destination makes of metadata with these
// settings, written as KEY=VALUE or, for a null value, KEY.
func forwarded(t *testing.T, metadata opencdc.Metadata, settings map[string]string) []string {
	t.Helper()
	is := is.New(t)
	h, err := newHeadersFromMetadata(configOf(t, settings))
	is.NoErr(err)
	var out []string
	for range 2 { // the second time from what is remembered
		headers, err := h.append([]recordbatch.Header{header("before", "")}, &opencdc.Record{Metadata: metadata}, opencdcjson.PrefixedUnknown)
		is.NoErr(err)
		is.Equal(headers[0], header("before", ""))
		out = nil
		for _, h := range headers[1:] {
			out = append(out, written(h))
		}
	}
	return out
}

func written(h recordbatch.Header) string {
	if h.Value == nil {
		return h.Key
	}
	return h.Key + "=" + string(h.Value)
}

func TestTheListOfHeadersIsThereWhereTheFieldsDoNotSayAll(t *testing.T) {
	for name, c := range map[string]struct {
		given []recordbatch.Header
		want  string
	}{
		"none":                    {nil, ""},
		"one":                     {[]recordbatch.Header{header("a", "1")}, ""},
		"one without a value":     {[]recordbatch.Header{header("a", "")}, ""},
		"one without a key":       {[]recordbatch.Header{header("", "1")}, ""},
		"in order":                {[]recordbatch.Header{header("A", "1"), header("a", "1"), header("a[0]", "2"), header("ä", "")}, ""},
		"not in order":            {[]recordbatch.Header{header("b", "1"), header("a", "2")}, `["b","a"]`},
		"null":                    {[]recordbatch.Header{null("a")}, `[{"key":"a","null":true}]`},
		"not UTF-8":               {[]recordbatch.Header{header("a", "\xff")}, `[{"key":"a","base64":"/w=="}]`},
		"key that is not UTF-8":   {[]recordbatch.Header{header("a\xff", "1")}, `[{"key":"a` + "\uFFFD" + `","keyBase64":"Yf8="}]`},
		"repeated":                {[]recordbatch.Header{header("a", "1"), header("b", "2"), header("a", "3")}, `[{"key":"a","field":"a[0]"},"b",{"key":"a","field":"a[1]"}]`},
		"the name is taken":       {[]recordbatch.Header{header("a", "1"), header("a", "2"), header("a[0]", "3")}, `[{"key":"a","field":"a[0]'"},{"key":"a","field":"a[1]"},"a[0]"]`},
		"replaced to the same":    {[]recordbatch.Header{header("\xff", "1"), header("\xfe", "2")}, `[{"key":"` + "\uFFFD" + `","keyBase64":"/w==","field":"` + "\uFFFD" + `[0]"},{"key":"` + "\uFFFD" + `","keyBase64":"/g==","field":"` + "\uFFFD" + `[1]"}]`},
		"characters of JSON's":    {[]recordbatch.Header{header(`"b"`, "1"), header("", "2")}, `["\"b\"",""]`},
		"the replacement itself":  {[]recordbatch.Header{header("\uFFFD", "\uFFFD")}, ""},
		"more than are looked at": {manyHeaders(40), ""},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			metadata := inMetadata(c.given...)
			is.Equal(metadata[MetadataHeaders], c.want)
			_, ok := metadata[MetadataHeaders]
			is.Equal(ok, c.want != "")
			var want []string
			for _, h := range c.given {
				want = append(want, written(h))
			}
			is.Equal(forwarded(t, metadata, nil), want)
		})
	}
}

func manyHeaders(n int) []recordbatch.Header {
	var out []recordbatch.Header
	for i := range n {
		out = append(out, header(fmt.Sprintf("h%03d", i), "v"))
	}
	return out
}

// Whatever headers there are: the metadata is text, and they come out again as they
// were.
func TestHeadersAreTheSameAfterTheWayThroughMetadata(t *testing.T) {
	rnd := rand.New(rand.NewSource(4))
	words := []string{"", "a", "b", "a[0]", "a[1]", "a[0]'", "A", "kafka.headers", "\xff", "a\xfe", "\uFFFD", "ä", "x.y", `"`}
	for range 20_000 {
		headers := make([]recordbatch.Header, rnd.Intn(1+rnd.Intn(24)))
		for i := range headers {
			headers[i].Key = words[rnd.Intn(len(words))]
			if rnd.Intn(4) > 0 {
				headers[i].Value = []byte(words[rnd.Intn(len(words))])
			}
		}
		checkRoundTrip(t, headers)
	}
}

func checkRoundTrip(t *testing.T, headers []recordbatch.Header) {
	t.Helper()
	metadata := inMetadata(headers...)
	for name, value := range metadata {
		if !utf8.ValidString(name) || !utf8.ValidString(value) {
			t.Fatalf("%q: metadata %q is %q, which is not text", headers, name, value)
		}
	}
	got, err := (&headersFromMetadata{forward: true}).append(nil, &opencdc.Record{Metadata: maps.Clone(metadata)}, opencdcjson.PrefixedUnknown)
	if err != nil {
		t.Fatalf("%q: %v", headers, err)
	}
	same := len(got) == len(headers)
	for i := 0; same && i < len(got); i++ {
		same = got[i].Key == headers[i].Key && bytes.Equal(got[i].Value, headers[i].Value) && (got[i].Value == nil) == (headers[i].Value == nil)
	}
	if !same {
		t.Fatalf("%q became %q, metadata %q", headers, got, metadata)
	}
}

func FuzzHeadersThroughMetadata(f *testing.F) {
	f.Add("a\x00=1\x00b\x00-\x00a\x00=\xff")
	f.Add("a[0]\x00=\x00a\x00=1\x00a\x00=2")
	f.Fuzz(func(t *testing.T, text string) {
		fields := strings.Split(text, "\x00")
		var headers []recordbatch.Header
		for i := 0; i+1 < len(fields); i += 2 {
			h := recordbatch.Header{Key: fields[i]}
			if value, ok := strings.CutPrefix(fields[i+1], "="); ok {
				h.Value = []byte(value)
			}
			headers = append(headers, h)
		}
		checkRoundTrip(t, headers)
	})
}

// What a processor does to a single field counts, and the other headers stay as
// they were.
func TestHeadersThatAProcessorChanged(t *testing.T) {
	set := func(field, value string) func(opencdc.Metadata) {
		return func(m opencdc.Metadata) { m["kafka.header."+field] = value }
	}
	remove := func(field string) func(opencdc.Metadata) {
		return func(m opencdc.Metadata) { delete(m, "kafka.header."+field) }
	}
	all := []recordbatch.Header{header("z", "1"), header("r", "first"), null("n"), header("r", "second"), header("x", "\xff"), header("r", "third"), header("b", "2")}
	for name, c := range map[string]struct {
		change func(opencdc.Metadata)
		want   string
	}{
		"nothing":               {func(opencdc.Metadata) {}, "z=1 r=first n r=second x=\xff r=third b=2"},
		"changed":               {set("z", "9"), "z=9 r=first n r=second x=\xff r=third b=2"},
		"changed to empty":      {set("z", ""), "z= r=first n r=second x=\xff r=third b=2"},
		"removed":               {remove("z"), "r=first n r=second x=\xff r=third b=2"},
		"added":                 {set("a", "0"), "z=1 r=first n r=second x=\xff r=third b=2 a=0"},
		"null is given a value": {set("n", "9"), "z=1 r=first n=9 r=second x=\xff r=third b=2"},
		"null is removed":       {remove("n"), "z=1 r=first r=second x=\xff r=third b=2"},
		"bytes are changed":     {set("x", "text"), "z=1 r=first n r=second x=text r=third b=2"},
		"repeated changed":      {set("r", "new"), "z=1 r=first n r=second x=\xff r=new b=2"},
		"repeated removed":      {remove("r"), "z=1 n x=\xff b=2"},
		"one of them changed":   {set("r[0]", "new"), "z=1 r=new n r=second x=\xff r=third b=2"},
		"one of them removed":   {remove("r[1]"), "z=1 r=first n x=\xff r=third b=2"},
		"the last by number":    {remove("r[2]"), "z=1 r=first n r=second x=\xff r=third b=2"},
		"one of them added":     {set("r[3]", "new"), "z=1 r=first n r=second x=\xff r=third b=2 r[3]=new"},
		"the list is removed": {
			func(m opencdc.Metadata) { delete(m, MetadataHeaders) },
			"b=2 n= r=third r[0]=first r[1]=second r[2]=third x=\uFFFD z=1",
		},
		"all fields are removed": {func(m opencdc.Metadata) {
			maps.DeleteFunc(m, func(k, _ string) bool { return strings.HasPrefix(k, "kafka.header.") })
		}, ""},
		"two changed, two removed, two added": {
			func(m opencdc.Metadata) {
				for _, f := range []func(opencdc.Metadata){set("z", "9"), set("b", "9"), remove("r"), remove("n"), set("c", "0"), set("a", "0")} {
					f(m)
				}
			},
			"z=9 x=\xff b=9 a=0 c=0",
		},
	} {
		t.Run(name, func(t *testing.T) {
			metadata := inMetadata(all...)
			c.change(metadata)
			is.New(t).Equal(strings.Join(forwarded(t, metadata, nil), " "), c.want)
		})
	}
}

func TestListsThatTheSourceDidNotWrite(t *testing.T) {
	for list, want := range map[string]string{
		`[]`:                            "a=1 b=2",
		`null`:                          "a=1 b=2",
		`["b"]`:                         "b=2 a=1",
		`["b","a","c"]`:                 "b=2 a=1",
		`["a","a"]`:                     "a=1 a=1 b=2",
		`[{"key":"c","field":"b"}]`:     "c=2 a=1",
		`[{"key":"a","more":1},{}]`:     "a=1 b=2",
		`[{"key":"b","null":true},"a"]`: "b=2 a=1",
		` [ "b" , "a" ] `:               "b=2 a=1",
	} {
		t.Run(list, func(t *testing.T) {
			metadata := opencdc.Metadata{"kafka.header.a": "1", "kafka.header.b": "2", MetadataHeaders: list}
			is.New(t).Equal(strings.Join(forwarded(t, metadata, nil), " "), want)
		})
	}
	for _, list := range []string{"x", "{}", `["a"`, `[1]`, `[null]`, `[{"key":1}]`, `[{"key":"a","base64":"?"}]`} {
		t.Run(list, func(t *testing.T) {
			metadata := opencdc.Metadata{"kafka.header.a": "1", MetadataHeaders: list}
			_, err := (&headersFromMetadata{forward: true}).append(nil, &opencdc.Record{Metadata: metadata}, opencdcjson.PrefixedUnknown)
			expect.Error(t, err, `metadata field "kafka.headers"`, "forwardHeaders")
		})
	}
}

func TestHeadersOfMetadataAreForwardedOrNot(t *testing.T) {
	is := is.New(t)
	metadata := opencdc.Metadata{
		"kafka.header.b": "2", "kafka.header.a": "1", "kafka.header.": "", "kafka.header.a.b": "3", "kafka.header": "not one", "kafka.headersx": "nor this",
		"kafka.partition": "0", "other": "x",
	}
	is.Equal(forwarded(t, metadata, nil), []string{"=", "a=1", "a.b=3", "b=2"})
	is.Equal(forwarded(t, metadata, map[string]string{"forwardHeaders": "false"}), nil)
	is.Equal(forwarded(t, opencdc.Metadata{"other": "x"}, nil), nil)
	is.Equal(forwarded(t, nil, nil), nil)
}

func TestHeadersOfTheSettings(t *testing.T) {
	metadata := inMetadata(header("trace", "t1"), header("own", "theirs"), header("own", "theirs too"), header("x", "1"))
	for name, c := range map[string]struct{ given, want string }{
		"text":              {"source: conduit", "trace=t1 own=theirs own=theirs too x=1 source=conduit"},
		"metadata field":    {`from: {{ index .Metadata "opencdc.collection" }}`, "trace=t1 own=theirs own=theirs too x=1 from=t"},
		"no such field":     {`from: {{ index .Metadata "nothing" }}`, "trace=t1 own=theirs own=theirs too x=1"},
		"template":          {`op: {{ .Operation }}, {{ .Metadata | len }} fields`, "trace=t1 own=theirs own=theirs too x=1 op=update, 7 fields"},
		"instead of theirs": {"own: mine", "trace=t1 x=1 own=mine"},
		"none of theirs":    {"own:", "trace=t1 x=1"},
		"several":           {"\n  b: 1\n\n  a: 2\n  b: 3\n", "trace=t1 own=theirs own=theirs too x=1 b=1 a=2 b=3"},
		"colons":            {"a:b: c: d:e", "trace=t1 own=theirs own=theirs too x=1 a:b=c: d:e"},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			h, err := newHeadersFromMetadata(configOf(t, map[string]string{"headers": c.given}))
			is.NoErr(err)
			headers, err := h.append(nil, &opencdc.Record{Operation: opencdc.OperationUpdate, Metadata: metadata}, opencdcjson.PrefixedUnknown)
			is.NoErr(err)
			var got []string
			for _, header := range headers {
				got = append(got, written(header))
			}
			is.Equal(strings.Join(got, " "), c.want)
		})
	}
	t.Run("not forwarded", func(t *testing.T) {
		is.New(t).Equal(forwarded(t, metadata, map[string]string{"headers": "own: mine", "forwardHeaders": "false"}), []string{"own=mine"})
	})
	t.Run("a template that fails", func(t *testing.T) {
		is := is.New(t)
		h, err := newHeadersFromMetadata(configOf(t, map[string]string{"headers": "id: {{ .Payload.After.id }}"}))
		is.NoErr(err)
		_, err = h.append(nil, &opencdc.Record{Payload: opencdc.Change{After: opencdc.StructuredData{"no": "id"}}}, opencdcjson.PrefixedUnknown)
		is.True(err != nil)
		is.True(strings.HasPrefix(err.Error(), "make a text from the template of headers: id: "))
	})
}

// The keys of messages lie in a buffer that the consumer uses again.
func TestWhatIsRememberedOfHeadersIsACopy(t *testing.T) {
	is := is.New(t)
	buffer := []byte("ba")
	key := func(i int) string { return readOnlyString(buffer[i : i+1]) }
	var w headersToMetadata
	first, second := opencdc.Metadata{}, opencdc.Metadata{}
	w.set(first, []recordbatch.Header{header(key(0), "1"), header(key(1), "2")}, headersListed)
	copy(buffer, "dc")
	w.set(second, []recordbatch.Header{header(key(0), "1"), header(key(1), "2")}, headersListed)
	is.Equal(first[MetadataHeaders], `["b","a"]`)
	is.Equal(second[MetadataHeaders], `["d","c"]`)
}

func readOnlyString(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

func TestHeadersOfChosenMetadata(t *testing.T) {
	metadata := inMetadata(header("trace", "t1"), header("tenant.id", "theirs"))
	metadata["tenant.id"], metadata["tenant.name"], metadata["tenant.a/b"], metadata["other"] = "7", "n", "s", "o"
	for name, c := range map[string]struct {
		given map[string]string
		want  string
	}{
		"none":              {nil, "trace=t1 tenant.id=theirs"},
		"a field":           {map[string]string{"headersFromMetadata": "other,missing"}, "trace=t1 tenant.id=theirs other=o"},
		"a pattern":         {map[string]string{"headersFromMetadata": "tenant.*"}, "trace=t1 tenant.id=theirs tenant.a/b=s tenant.name=n"},
		"both, once":        {map[string]string{"headersFromMetadata": "ot*,other, other"}, "trace=t1 tenant.id=theirs other=o"},
		"not forwarded":     {map[string]string{"headersFromMetadata": "tenant.id,*er", "forwardHeaders": "false"}, "other=o tenant.id=7"},
		"no headers of all": {map[string]string{"headersFromMetadata": "*header*", "forwardHeaders": "false"}, ""},
		"named by a line":   {map[string]string{"headersFromMetadata": "other,tenant.name", "headers": "other: mine"}, "trace=t1 tenant.id=theirs tenant.name=n other=mine"},
	} {
		t.Run(name, func(t *testing.T) {
			is.New(t).Equal(strings.Join(forwarded(t, metadata, c.given), " "), c.want)
		})
	}
}

// The context of a trace goes from Kafka to Kafka as it came (W3C Trace Context), also
// where tracestate comes more than once.
func TestTraceContextIsKept(t *testing.T) {
	is := is.New(t)
	sent := []recordbatch.Header{
		header("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
		header("tracestate", "rojo=00f067aa0ba902b7"), header("tracestate", "congo=t61rcWkgMzE"), header("baggage", "userId=alice"),
	}
	h, err := newHeadersFromMetadata(configOf(t, map[string]string{"headersFromMetadata": "trace*,opencdc.*"}))
	is.NoErr(err)
	got, err := h.append(nil, &opencdc.Record{Metadata: inMetadata(sent...)}, opencdcjson.PrefixedUnknown)
	is.NoErr(err)
	is.Equal(got[:len(sent)], sent)
	for _, more := range got[len(sent):] {
		is.True(!strings.HasPrefix(more.Key, "trace"))
	}
}
