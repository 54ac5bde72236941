package convert

import (
	"fmt"
	"strconv"

	"github.com/conduitio/conduit-commons/opencdc"

	"github.com/conduitio/conduit-connector-kafka/internal/registry"
)

// Metadata of records whose key or value has a schema in a registry, or could not be
// decoded. Conduit's own fields for subject and version (opencdc.MetadataKeySchemaSubject
// and its like) mean schemas in Conduit's registry: the SDK looks there for what they
// name, fails where it is not, and encodes the data again.
const (
	MetadataKeySchemaID        = "kafka.key.schemaID"
	MetadataKeySchemaType      = "kafka.key.schemaType"
	MetadataKeySchemaSubject   = "kafka.key.schemaSubject"
	MetadataKeySchemaVersion   = "kafka.key.schemaVersion"
	MetadataKeyDecodeError     = "kafka.key.decodeError"
	MetadataValueSchemaID      = "kafka.value.schemaID"
	MetadataValueSchemaType    = "kafka.value.schemaType"
	MetadataValueSchemaSubject = "kafka.value.schemaSubject"
	MetadataValueSchemaVersion = "kafka.value.schemaVersion"
	MetadataValueDecodeError   = "kafka.value.decodeError"
)

// partFields are those of the key or of the value, and how its subjects end that are named
// by topic.
type partFields struct {
	id, typ, subject, version, decodeError string
	suffix                                 string
	header                                 string // that may name the schema
}

var (
	keyFields   = partFields{MetadataKeySchemaID, MetadataKeySchemaType, MetadataKeySchemaSubject, MetadataKeySchemaVersion, MetadataKeyDecodeError, "-key", "__key_schema_id"}
	valueFields = partFields{MetadataValueSchemaID, MetadataValueSchemaType, MetadataValueSchemaSubject, MetadataValueSchemaVersion, MetadataValueDecodeError, "-value", "__value_schema_id"}
)

// registrySchema is a schema of a registry, ready to decode with.
type registrySchema struct {
	of     *registry.Schema
	id     string // its GUID where the registry knows no ID
	decode func([]byte) (any, error)

	topic    string // that of the last record, and where its schema is registered
	at       registry.SubjectVersion
	version  string
	resolved bool
}

// value decodes data, and returns with it the schema that it was decoded with.
func (s *registrySchema) value(data []byte) (any, *registrySchema, error) {
	v, err := s.decode(data)
	if err != nil {
		return nil, s, fmt.Errorf("with schema %s: %w", s.id, err)
	}
	return v, s, nil
}

// note says in metadata which schema a key or a value has; nothing about none.
func (s *registrySchema) note(m opencdc.Metadata, f partFields, topic string) {
	if s == nil {
		return
	}
	m[f.id], m[f.typ] = s.id, s.of.Type
	if !s.resolved || s.topic != topic {
		s.at = placeOf(s.of.Versions, topic+f.suffix)
		s.topic, s.version, s.resolved = topic, strconv.Itoa(s.at.Version), true
	}
	if s.at.Subject != "" {
		m[f.subject], m[f.version] = s.at.Subject, s.version
	}
}

// placeOf chooses where a schema is registered: under the subject that is named by topic,
// or under the only one there is, in the last version there.
func placeOf(versions []registry.SubjectVersion, byTopic string) registry.SubjectVersion {
	var place registry.SubjectVersion
	alone := true
	for _, v := range versions {
		better := place.Subject == "" || v.Subject == place.Subject && v.Version > place.Version || v.Subject == byTopic && place.Subject != byTopic
		alone = alone && v.Subject == versions[0].Subject
		if better {
			place = v
		}
	}
	if !alone && place.Subject != byTopic {
		return registry.SubjectVersion{}
	}
	return place
}
