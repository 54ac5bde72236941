package registry

// Schema is what a registry has under an ID.
type Schema struct {
	ID         int
	Type       string // AVRO, PROTOBUF or JSON, or another that the registry knows
	Text       string
	References []Reference      // what it refers to, each after those that it refers to itself
	Versions   []SubjectVersion // where it is registered; may be unknown
}

// Reference is another schema that a schema refers to by a name: of an Avro type, of a
// Protobuf file, or the URL of a JSON Schema.
type Reference struct {
	Name string
	Text string
}

// Draft is a schema as whoever has it gives it to the registry.
type Draft struct {
	Type       string
	Text       string
	References []RegisteredReference // those in its own text
}

// RegisteredReference is a reference by the place where the registry has what it names.
type RegisteredReference struct {
	Name    string `json:"name"` // see Reference
	Subject string `json:"subject"`
	Version int    `json:"version"`
}

// SubjectVersion is a place in a registry.
type SubjectVersion struct {
	Subject string
	Version int
}

// overhead is about what the fields of each part of a schema take besides its texts.
const overhead = 64

// size is about how many bytes a schema takes.
func (s *Schema) size() int {
	size := overhead + len(s.Type) + len(s.Text) + sizeOf(s.Versions)
	for _, r := range s.References {
		size += overhead + len(r.Name) + len(r.Text)
	}
	return size
}

func sizeOf(places []SubjectVersion) int {
	size := 0
	for _, v := range places {
		size += overhead + len(v.Subject)
	}
	return size
}
