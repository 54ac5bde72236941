// Package registry asks a schema registry that speaks Confluent's API (Confluent's own,
// Redpanda's, Karapace, Apicurio under /apis/ccompat/v7) for schemas by their IDs and
// subjects, and registers some.
//
// What a registry says of an ID never changes, so schemas are kept. An outage is an
// UnavailableError at once, which says when to ask again: whoever decodes waits, and
// loses nothing. That a schema does not exist is an error of the record, and remembered
// for a moment.
package registry
