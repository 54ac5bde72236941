package kafka

import (
	_ "embed"

	sdk "github.com/conduitio/conduit-connector-sdk"
)

//go:embed connector.yaml
var specification string

// version is set by the linker in released builds.
var version = "(devel)"

// Specification describes the connector and its parameters.
var Specification = sdk.YAMLSpecification(specification, version)
