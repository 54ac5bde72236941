// Package connector tests the connector as Conduit uses it, by its exported names
// alone: on the embedded broker (*_embedded_test.go) and on real Kafka
// (*_kafka_test.go).
package connector
