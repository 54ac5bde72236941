package convert

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/google/uuid"

	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
	"github.com/conduitio/conduit-connector-kafka/internal/registry"
)

// Confluent's serializers may name the schema in a header rather than before the data
// (HeaderSchemaIdSerializer): a byte 1 and the schema's GUID. As before data, a zero byte and
// an ID may stand there as well. After either of them stands which message of a Protobuf
// schema it is.
const (
	magicByteGUID   = 1
	guidFramingSize = 17
)

// schemaHeader is what a message says in the header of its key or its value.
type schemaHeader struct {
	name  string
	value []byte
	there bool
}

// schemaHeaderOf returns the last header of a name, which is the one that counts.
func schemaHeaderOf(headers []recordbatch.Header, name string) schemaHeader {
	for _, h := range slices.Backward(headers) {
		if h.Key == name {
			return schemaHeader{name, h.Value, true}
		}
	}
	return schemaHeader{}
}

// decodeNamed decodes data whose schema is named in a header.
func (d *registryDecoder) decodeNamed(ctx context.Context, data []byte, h schemaHeader) (any, *registrySchema, error) {
	var s *registrySchema
	var err error
	which := []byte(nil)
	switch id := schemaID(h.value); {
	case id > 0:
		which = h.value[framingSize:]
		s, err = d.byID(ctx, id)
	case len(h.value) >= guidFramingSize && h.value[0] == magicByteGUID:
		which = h.value[guidFramingSize:]
		s, err = d.byGUID(ctx, uuid.UUID(h.value[1:guidFramingSize]))
	default:
		err = fmt.Errorf("header %s has neither the byte 1 and the GUID of a schema nor a zero byte and an ID, as Confluent's serializers write it", h.name)
	}
	if err != nil {
		return nil, nil, err
	}
	if s.of.Type == typeProtobuf {
		data = slices.Concat(which, data)
	}
	return s.value(data)
}

// byGUID returns the schema of a GUID, ready to decode with.
func (d *registryDecoder) byGUID(ctx context.Context, guid uuid.UUID) (*registrySchema, error) {
	if s, ok := d.named[guid]; ok {
		return s, nil
	}
	of, err := d.schemas.SchemaByGUID(ctx, guid)
	if err != nil {
		return nil, err
	}
	s, err := d.compile(of, idOf(of, guid))
	if err == nil {
		d.named[guid] = s
	}
	return s, err
}

// idOf is the ID of a schema as text, or its GUID where the registry does not say which one
// it has.
func idOf(s *registry.Schema, guid uuid.UUID) string {
	if s.ID > 0 {
		return strconv.Itoa(s.ID)
	}
	return guid.String()
}

// namesSchema reports whether a header names the schema of a key or of a value.
func namesSchema(h recordbatch.Header) bool {
	return h.Key == keyFields.header || h.Key == valueFields.header
}

// withoutStale takes out headers that name the schema of other bytes than those which are
// written: these are encoded with a schema of their own, or were decoded.
func (h *headersFromMetadata) withoutStale(headers []recordbatch.Header, m opencdc.Metadata) []recordbatch.Header {
	return slices.DeleteFunc(headers, func(header recordbatch.Header) bool {
		return namesSchema(header) && (h.encodes[header.Key] || wasDecoded(m, keyFields, header.Key) || wasDecoded(m, valueFields, header.Key))
	})
}

// wasDecoded reports whether a header is that of a part which the source decoded.
func wasDecoded(m opencdc.Metadata, of partFields, header string) bool {
	_, known := m[of.id]
	_, failed := m[of.decodeError]
	return of.header == header && known && !failed
}
