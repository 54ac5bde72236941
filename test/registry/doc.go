// Package registry tests the connector with a real schema registry, Apicurio, and real
// Kafka: which values come back from which format, schemas that refer to others, outages,
// and what the registry refuses.
package registry
