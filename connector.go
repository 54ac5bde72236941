package kafka

import sdk "github.com/conduitio/conduit-connector-sdk"

//go:generate go tool conn-sdk-cli specgen
//go:generate go tool conn-sdk-cli readmegen -w
//go:generate go tool conn-sdk-cli readmegen -w -r docs/settings.md
//go:generate go tool mockgen -source=consumer.go -destination=mock/consumer.go -package=mock
//go:generate go tool mockgen -source=producer.go -destination=mock/producer.go -package=mock

// Connector is what a Conduit host registers.
var Connector = sdk.Connector{
	NewSpecification: Specification,
	NewSource:        NewSource,
	NewDestination:   NewDestination,
}
