package wire

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"sync"

	"github.com/segmentio/kafka-go/protocol"

	"github.com/conduitio/conduit-connector-kafka/internal/primitive"
)

// kafka-go's decoder takes the lengths in an answer on trust. A broken one makes it
// allocate gigabytes, panic, or count for hours; and where an answer ends early, it
// makes elements up that are all zero, whose error code then says success. So an
// answer is measured before it is decoded.

// measure walks over a frame as kafka-go's type for the answer describes it. Its
// error says that the frame is not such an answer, whole and with nothing after it.
func measure(frame []byte, key protocol.ApiKey, version int16) error {
	typ, err := answerType(key, version)
	if err != nil {
		return err
	}
	m := measurer{Reader: primitive.NewReader(frame), version: version, flexible: isFlexible(typ, version)}
	m.Take(8) // size, correlation ID
	if m.flexible {
		m.Tags()
	}
	m.value(typ)
	if m.Err() != nil {
		return m.Err()
	}
	if m.Len() > 0 {
		return fmt.Errorf("%d bytes follow its end", m.Len())
	}
	return nil
}

// answerTypes caches, by request, what kafka-go decodes its answer into.
var answerTypes sync.Map // protocol.ApiKey to reflect.Type

// answerType finds that out by having kafka-go decode an answer of zeros.
func answerType(key protocol.ApiKey, version int16) (reflect.Type, error) {
	if t, ok := answerTypes.Load(key); ok {
		return t.(reflect.Type), nil
	}
	zeros := make([]byte, 256)
	zeros[3] = byte(len(zeros) - 4)
	_, msg, err := protocol.ReadResponse(bytes.NewReader(zeros), key, version)
	if err != nil {
		return nil, err
	}
	typ := reflect.TypeOf(msg).Elem()
	answerTypes.Store(key, typ)
	return typ, nil
}

type measurer struct {
	*primitive.Reader
	version  int16
	flexible bool // compact lengths and tagged fields (KIP-482)
}

var errType = errors.New("kafka-go describes it with a type that isn't known here")

func (m measurer) value(t reflect.Type) {
	switch t.Kind() {
	case reflect.Bool, reflect.Int8:
		m.Take(1)
	case reflect.Int16:
		m.Take(2)
	case reflect.Int32:
		m.Take(4)
	case reflect.Int64, reflect.Float64:
		m.Take(8)
	case reflect.String:
		m.bytes(func() int { return int(m.Int16()) })
	case reflect.Struct:
		m.fields(t)
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			m.bytes(func() int { return int(m.Int32()) })
			return
		}
		for n := m.length(func() int { return int(m.Int32()) }); n > 0 && m.Err() == nil; n-- {
			m.value(t.Elem())
		}
	default:
		m.Fail(errType)
	}
}

func (m measurer) bytes(plain func() int) {
	if n := m.length(plain); n > 0 {
		m.Take(n)
	}
}

// length reads the length of a string, of bytes or of an array; that of null is
// negative. An array's item takes a byte at least, so no length is above Len.
func (m measurer) length(plain func() int) int {
	n := 0
	if m.flexible {
		n = int(min(m.Uvarint(), math.MaxInt32)) - 1
	} else {
		n = plain()
	}
	if n > m.Len() {
		m.Fail(primitive.ErrShort)
	}
	return n
}

func (m measurer) fields(t reflect.Type) {
	for i := range t.NumField() {
		f := t.Field(i)
		for _, tag := range tagsOf(f) {
			if !tag.optional && tag.min <= m.version && m.version <= tag.max {
				m.value(f.Type)
				break
			}
		}
	}
	if m.flexible {
		m.Tags()
	}
}

// fieldTag is one of the alternatives in kafka-go's struct tags, such as
// `kafka:"min=v0,max=v5|min=v6,max=v7,compact"`.
type fieldTag struct {
	min, max int16
	optional bool // a tagged field, or a mark that the message has some
}

func tagsOf(f reflect.StructField) []fieldTag {
	var out []fieldTag
	for alternative := range strings.SplitSeq(f.Tag.Get("kafka"), "|") {
		tag := fieldTag{min: -1, max: -1}
		for part := range strings.SplitSeq(alternative, ",") {
			name, value, _ := strings.Cut(part, "=")
			n, _ := strconv.Atoi(strings.TrimPrefix(value, "v"))
			switch name {
			case "min":
				tag.min = int16(n)
			case "max":
				tag.max = int16(n)
			case "tag":
				tag.optional = true
			}
		}
		out = append(out, tag)
	}
	return out
}

func isFlexible(t reflect.Type, version int16) bool {
	for i := range t.NumField() {
		for _, tag := range tagsOf(t.Field(i)) {
			if tag.optional && version >= tag.min {
				return true
			}
		}
	}
	return false
}
