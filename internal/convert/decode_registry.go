package convert

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"

	"github.com/conduitio/conduit-connector-kafka/internal/convert/avrodata"
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
	typ     string // of the schemas
	schemas Schemas
	ready   map[int]*registrySchema
}

// maxReady bounds the schemas that are ready. Above it all are forgotten: topics have few.
const maxReady = 1000

func newRegistryDecoder(setting, choice string, s Schemas) *registryDecoder {
	return &registryDecoder{setting: setting, typ: schemaTypes[choice], schemas: s, ready: make(map[int]*registrySchema)}
}

// schemaTypes are the registry's names of the formats.
var schemaTypes = map[string]string{decodeAvro: "AVRO"}

func (d *registryDecoder) decode(ctx context.Context, data []byte) (any, *registrySchema, error) {
	if len(data) < framingSize || data[0] != magicByte {
		return nil, nil, errors.New("it does not begin with a zero byte and the ID of a schema, as Confluent's serializers write it")
	}
	id := int(int32(binary.BigEndian.Uint32(data[1:])))
	s, ok := d.ready[id]
	if !ok {
		var err error
		if s, err = d.prepare(ctx, id); err != nil {
			return nil, nil, err
		}
	}
	v, err := s.decode(data[framingSize:])
	if err != nil {
		return nil, s, fmt.Errorf("with schema %s: %w", s.id, err)
	}
	return v, s, nil
}

func (d *registryDecoder) prepare(ctx context.Context, id int) (*registrySchema, error) {
	of, err := d.schemas.Schema(ctx, id)
	if err != nil {
		return nil, err
	}
	if of.Type != d.typ {
		return nil, fmt.Errorf("schema %d is of type %s, and %s is for those of type %s", id, of.Type, d.setting, d.typ)
	}
	decode, err := prepareAvro(of)
	if err != nil { // what is wrong with it is said of each record
		decode = func([]byte) (any, error) { return nil, err }
	}
	if len(d.ready) >= maxReady {
		clear(d.ready)
	}
	s := &registrySchema{of: of, id: strconv.Itoa(id), decode: decode}
	d.ready[id] = s
	return s, nil
}

func prepareAvro(of *registry.Schema) (func([]byte) (any, error), error) {
	references := make([]string, len(of.References))
	for i, r := range of.References {
		references[i] = r.Text
	}
	codec, err := avrodata.New(of.Text, references...)
	if err != nil {
		return nil, err
	}
	return codec.Decode, nil
}
