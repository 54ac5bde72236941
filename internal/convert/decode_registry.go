package convert

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"

	"github.com/google/uuid"

	"github.com/conduitio/conduit-connector-kafka/internal/convert/avrodata"
	"github.com/conduitio/conduit-connector-kafka/internal/convert/plain"
	"github.com/conduitio/conduit-connector-kafka/internal/convert/protodata"
	"github.com/conduitio/conduit-connector-kafka/internal/registry"
)

// The format of Confluent's serializers: a zero byte, the schema's ID, and the data.
const (
	magicByte   = 0
	framingSize = 5
)

// registryDecoder decodes what Confluent's serializers write.
type registryDecoder struct {
	setting string
	typ     string // of the schemas; "": of any, and what begins with no ID stays raw
	schemas Schemas
	ready   map[int]*registrySchema
	named   map[uuid.UUID]*registrySchema // those that headers name
	size    int                           // of the texts of all these
}

// maxReady and maxReadyBytes bound the schemas that are ready, by their number and the
// size of their texts. Above that all are forgotten: topics have few.
const (
	maxReady      = 1000
	maxReadyBytes = 8 << 20
)

func newRegistryDecoder(setting, choice string, s Schemas) *registryDecoder {
	return &registryDecoder{setting: setting, typ: schemaTypes[choice], schemas: s, ready: make(map[int]*registrySchema), named: make(map[uuid.UUID]*registrySchema)}
}

// schemaTypes are the registry's names of the formats.
var schemaTypes = map[string]string{decodeAvro: typeAvro, decodeProtobuf: typeProtobuf, decodeJSONSchema: typeJSON}

const (
	typeAvro     = "AVRO"
	typeProtobuf = "PROTOBUF"
	typeJSON     = "JSON"
)

func (d *registryDecoder) decode(ctx context.Context, data []byte, h schemaHeader) (any, *registrySchema, error) {
	if h.there {
		return d.decodeNamed(ctx, data, h)
	}
	id := schemaID(data)
	switch {
	case id > 0:
	case d.typ == "":
		return data, nil, nil
	default:
		return nil, nil, errors.New("it does not begin with a zero byte and the ID of a schema, as Confluent's serializers write it")
	}
	s, err := d.byID(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	return s.value(data[framingSize:])
}

// schemaID returns the ID at the beginning of what Confluent's serializers write. That of
// a schema is above 0.
func schemaID(data []byte) int {
	if len(data) < framingSize || data[0] != magicByte {
		return 0
	}
	return int(int32(binary.BigEndian.Uint32(data[1:])))
}

// byID returns the schema of an ID, ready to decode with.
func (d *registryDecoder) byID(ctx context.Context, id int) (*registrySchema, error) {
	if s, ok := d.ready[id]; ok {
		return s, nil
	}
	of, err := d.schemas.Schema(ctx, id)
	if err != nil {
		return nil, err
	}
	s, err := d.compile(of, strconv.Itoa(id))
	if err == nil {
		d.ready[id] = s
	}
	return s, err
}

// compile makes a schema ready, and room for it.
func (d *registryDecoder) compile(of *registry.Schema, id string) (*registrySchema, error) {
	if d.typ != "" && of.Type != d.typ {
		return nil, fmt.Errorf("schema %s is of type %s, and %s is for those of type %s; auto is for all", id, of.Type, d.setting, d.typ)
	}
	decode, err := safeDecoderOf(of)
	if err != nil { // what is wrong with it is said of each record
		decode = func([]byte) (any, error) { return nil, err }
	}
	size := textSize(of)
	if len(d.ready)+len(d.named) >= maxReady || d.size+size > maxReadyBytes {
		clear(d.ready)
		clear(d.named)
		d.size = 0
	}
	d.size += size
	return &registrySchema{of: of, id: id, decode: decode}, nil
}

func textSize(s *registry.Schema) int {
	size := len(s.Text)
	for _, r := range s.References {
		size += len(r.Text)
	}
	return size
}

// safeDecoderOf is decoderOf. A panic of a library is an error of that schema.
func safeDecoderOf(s *registry.Schema) (decode func([]byte) (any, error), err error) {
	defer recovered(&err)
	return decoderOf(s)
}

// decoderOf returns what decodes the data of a schema.
func decoderOf(s *registry.Schema) (func([]byte) (any, error), error) {
	switch s.Type {
	case typeAvro:
		codec, err := avroCodec(s)
		if err != nil {
			return nil, err
		}
		return codec.Decode, nil
	case typeProtobuf:
		codec, err := protobufCodec(s)
		if err != nil {
			return nil, err
		}
		return codec.Decode, nil
	case typeJSON:
		return plain.ParseJSON, nil
	}
	return nil, fmt.Errorf("the type %s of the schema is unknown", s.Type)
}

func avroCodec(s *registry.Schema) (*avrodata.Codec, error) {
	references := make([]string, len(s.References))
	for i, r := range s.References {
		references[i] = r.Text
	}
	return avrodata.New(s.Text, references...)
}

func protobufCodec(s *registry.Schema) (*protodata.Codec, error) {
	imports := make([]protodata.File, len(s.References))
	for i, r := range s.References {
		imports[i] = protodata.File(r)
	}
	return protodata.New(s.Text, imports...)
}
