// Package registry asks a schema registry that speaks Confluent's API (Confluent's own,
// Redpanda's, Karapace, Apicurio under /apis/ccompat/v7) for schemas by their IDs and
// subjects, and registers some.
//
// What a registry says of an ID never changes, so schemas are kept. An outage, in which no
// URL answers, is an UnavailableError at once, which says when to ask again: whoever decodes
// waits, and loses nothing. Everything else is about the one schema that was asked for: it
// does not exist, the login may not read it, it is too large or makes no sense. That is an
// error of the record, and remembered for a moment.
//
// A registry is not trusted with the process: how large an answer and a schema may be, how
// many there are, how long a request takes, and a schema with all that it refers to, and how
// often it is asked are bounded. Its texts reach errors printable, short, and without the
// login, whoever repeats it.
package registry
