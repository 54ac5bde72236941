package convert

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/conduitio/conduit-commons/opencdc"

	"github.com/conduitio/conduit-connector-kafka/internal/setting"
)

// encoder makes the bytes of a key or a value; nil for null.
type encoder interface {
	encode(ctx context.Context, topic string, r *opencdc.Record) ([]byte, error)
}

// How subjects are named (schema.subject).
const (
	subjectTopic       = "topic"
	subjectRecord      = "record"
	subjectTopicRecord = "topic-record"
)

// schemaLatest is the last schema of a subject (keySchema, value.schema).
const schemaLatest = "latest"

// checkSchemas reports what is wrong with the settings of schemas of both parts.
func checkSchemas(c Config) error {
	var errs []error
	switch c.SchemaSubject {
	case "", subjectTopic, subjectRecord, subjectTopicRecord:
	default:
		errs = append(errs, setting.Invalid("schema.subject", fmt.Sprintf("%q is not allowed: %s, %s or %s", c.SchemaSubject, subjectTopic, subjectRecord, subjectTopicRecord), ""))
	}
	// A schema may be of a file, or be made of the records. One that is given by ID is there.
	given := func(format, schema string) bool {
		_, err := strconv.Atoi(schema)
		return format != formatSchemaID && (schemaTypes[format] == "" || err == nil)
	}
	if c.SchemaAutoRegister && given(c.KeyFormat, c.KeySchema) && given(c.ValueFormat, c.ValueSchema) {
		errs = append(errs, setting.Invalid("schema.autoRegister", fmt.Sprintf("it registers schemas for the formats %s, %s, %s and %s that are not given by their IDs, and there is none", formatAvro, formatProtobuf, formatJSONSchema, formatSchemaID), ""))
	}
	return errors.Join(errs...)
}

// namesRecords reports whether subjects are named by records.
func (c Config) namesRecords() bool {
	return c.SchemaSubject == subjectRecord || c.SchemaSubject == subjectTopicRecord
}

// encodedPart is what the settings say about encoding the key or the value.
type encodedPart struct {
	name     string // key or value
	format   string
	schema   string
	message  string
	suffix   string // of subjects that are named by topic
	data     func(*opencdc.Record) (opencdc.Data, error)
	settings Config
}

// setting returns the name of a setting of the part. Those of the key have no dot: there
// is a setting named key, and the SDK takes what has a dot after it for a part of that.
func (p encodedPart) setting(name string) string {
	if p.name == "key" {
		return "key" + strings.ToUpper(name[:1]) + name[1:]
	}
	return p.name + "." + name
}

func newKeyEncoder(c Config) (encoder, error) {
	if c.KeyFormat == formatNone {
		c.KeyFormat = ""
	}
	p := encodedPart{"key", c.KeyFormat, c.KeySchema, c.KeyMessage, "-key", func(r *opencdc.Record) (opencdc.Data, error) { return r.Key, nil }, c}
	if c.Key != "" {
		text, err := newTextFunc("key", c.Key)
		if err != nil {
			return nil, nil //nolint:nilerr // newKeyFunc says so
		}
		p.data = func(r *opencdc.Record) (opencdc.Data, error) {
			key, err := text(r)
			if err != nil || key == "" {
				return nil, err
			}
			return opencdc.RawData(key), nil
		}
	}
	return p.encoder()
}

func newValueEncoder(c Config) (encoder, error) {
	format := c.ValueFormat
	if format != formatConnectJSON && !encodes(format) {
		format = "" // which newValueFunc knows, or refuses
	}
	return encodedPart{"value", format, c.ValueSchema, c.ValueMessage, "-value", func(r *opencdc.Record) (opencdc.Data, error) {
		if r.Operation == opencdc.OperationDelete {
			return nil, nil // as of payload
		}
		return r.Payload.After, nil
	}, c}.encoder()
}

// encoder reports everything that is wrong with the settings. It is nil where there is no
// format.
func (p encodedPart) encoder() (encoder, error) {
	switch p.format {
	case "":
		return nil, p.checkUnused()
	case formatConnectJSON:
		return connectEncoder{p.data}, p.checkUnused()
	case formatAvro, formatProtobuf, formatJSONSchema:
		return newRegistryEncoder(p)
	case formatSchemaID:
		return newIDTranslator(p)
	}
	return nil, setting.Invalid(p.setting("format"), fmt.Sprintf("%q is not allowed: %s", p.format,
		strings.Join([]string{formatNone, formatConnectJSON, formatAvro, formatProtobuf, formatJSONSchema, formatSchemaID}, ", ")), "")
}

// checkUnused complains about settings of a schema where none is used.
func (p encodedPart) checkUnused() error {
	var errs []error
	if p.schema != "" && p.schema != schemaLatest {
		errs = append(errs, setting.Invalid(p.setting("schema"), fmt.Sprintf("it is for the formats %s, %s and %s", formatAvro, formatProtobuf, formatJSONSchema), ""))
	}
	if p.message != "" {
		errs = append(errs, setting.Invalid(p.setting("message"), "it is for the format "+formatProtobuf, ""))
	}
	return errors.Join(errs...)
}

// connectEncoder writes as Kafka Connect's JsonConverter does with schemas.enable.
type connectEncoder struct {
	data func(*opencdc.Record) (opencdc.Data, error)
}

func (e connectEncoder) encode(_ context.Context, _ string, r *opencdc.Record) ([]byte, error) {
	data, err := e.data(r)
	if err != nil || isNull(data) {
		return nil, err
	}
	return connectEnvelope(data)
}

func isNull(d opencdc.Data) bool {
	switch d := d.(type) {
	case nil:
		return true
	case opencdc.RawData:
		return d == nil
	case opencdc.StructuredData:
		return d == nil
	}
	return false
}

// schemaChoice is what keySchema or value.schema says.
type schemaChoice struct {
	id    int           // above 0: the schema of that ID
	files []*fileSchema // else that of a file, after those that it refers to; without any, the latest of the subject
}

func (p encodedPart) choice() (schemaChoice, error) {
	name := p.setting("schema")
	if p.schema == "" || p.schema == schemaLatest {
		if p.settings.namesRecords() {
			return schemaChoice{}, setting.Invalid("schema.subject", fmt.Sprintf("%s needs the name of a record, which %s %s does not have: give it a file or an ID", p.settings.SchemaSubject, name, schemaLatest), "")
		}
		return schemaChoice{}, nil
	}
	if id, err := strconv.Atoi(p.schema); err == nil {
		if id < 1 {
			return schemaChoice{}, setting.Invalid(name, fmt.Sprintf("%d is not the ID of a schema: 1 or more", id), "")
		}
		return schemaChoice{id: id}, nil
	}
	files, err := readSchemaFile(schemaTypes[p.format], p.schema)
	if err != nil {
		return schemaChoice{}, setting.Invalid(name, err.Error(), "")
	}
	return schemaChoice{files: files}, nil
}
