package kafka

import (
	"reflect"
	"regexp"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/conduitio/conduit-commons/config"
	"github.com/matryer/is"
)

// fields lists the fields of a struct that are settings, by the setting's name.
func fields(t reflect.Type) map[string]reflect.StructField {
	out := make(map[string]reflect.StructField)
	for i := range t.NumField() {
		f := t.Field(i)
		name := f.Tag.Get("json")
		if f.Anonymous && name == "" {
			for n, inner := range fields(f.Type) {
				out[n] = inner
			}
		} else if name != "" && name != "-" {
			out[name] = f
		}
	}
	return out
}

// parameterType is the type that a field's parameter must have.
func parameterType(t reflect.Type) config.ParameterType {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case t == reflect.TypeFor[time.Duration]():
		return config.ParameterTypeDuration
	case t.Kind() == reflect.Bool:
		return config.ParameterTypeBool
	case t.Kind() == reflect.Int:
		return config.ParameterTypeInt
	case t.Kind() == reflect.Float64:
		return config.ParameterTypeFloat
	}
	return config.ParameterTypeString // lists as well
}

// Where this fails, connector.yaml is older than the structs: make generate.
func TestTheSpecificationAgreesWithTheStructs(t *testing.T) {
	spec := Connector.NewSpecification()
	for side, c := range map[string]struct {
		params config.Parameters
		fields map[string]reflect.StructField
	}{
		"source":      {params: spec.SourceParams, fields: fields(reflect.TypeFor[SourceConfig]())},
		"destination": {params: spec.DestinationParams, fields: fields(reflect.TypeFor[DestinationConfig]())},
	} {
		for name := range c.params {
			if _, ok := c.fields[name]; !ok {
				t.Errorf("%s: parameter %q has no field", side, name)
			}
		}
		for name, f := range c.fields {
			t.Run(side+" "+name, func(t *testing.T) {
				is := is.New(t)
				p, ok := c.params[name]
				is.True(ok) // the field has a parameter
				is.Equal(p.Type, parameterType(f.Type))
				is.True(p.Description != "")
				is.True(regexp.MustCompile(`^[a-zA-Z0-9.]+$`).MatchString(name))
				if !strings.HasPrefix(name, "sdk.") { // those are the SDK's
					is.Equal(p.Default, f.Tag.Get("default"))
				}
			})
		}
	}
}

func TestTheSourceExtractsNoSchemaByDefault(t *testing.T) {
	is := is.New(t)
	params := Connector.NewSpecification().SourceParams
	is.Equal(params["sdk.schema.extract.key.enabled"].Default, "false")
	is.Equal(params["sdk.schema.extract.payload.enabled"].Default, "false")
	c := NewSource().Config().(*SourceConfig) // where the specification has it from
	is.Equal(*c.SourceWithSchemaExtraction.KeyEnabled, false)
	is.Equal(*c.SourceWithSchemaExtraction.PayloadEnabled, false)
}

func TestTheConnectorSaysWhatItIs(t *testing.T) {
	is := is.New(t)
	spec := Connector.NewSpecification()
	is.Equal(spec.Name, "kafka") // Conduit finds builtin:kafka by it
	is.Equal(spec.Version, currentVersion(version, debug.ReadBuildInfo))
	is.True(spec.Summary != "" && spec.Description != "" && spec.Author != "")
	is.True(Connector.NewSource() != Connector.NewSource()) // nothing is shared
	is.True(Connector.NewDestination() != Connector.NewDestination())
}
