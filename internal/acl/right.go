// Package acl names the rights that brokers refuse to a client, and the commands that
// grant them.
package acl

import (
	"errors"
	"fmt"
	"strings"

	kafkago "github.com/segmentio/kafka-go"
)

// Right is an operation on resources, as Kafka's ACLs name them. Read and Write on a
// topic, Read on a group and Write on a transactional ID include Describe.
type Right struct {
	Operation string // "Read", "Write", "Create", "IdempotentWrite"
	Resource  string // "topic", "group", "transactional-id", "cluster"
	Names     []string
}

// OnTopics is an operation on topics.
func OnTopics(operation string, names ...string) Right { return Right{operation, "topic", names} }

// OnGroup is what members of a group need.
func OnGroup(name string) Right { return Right{"Read", "group", []string{name}} }

// OnTransactionalIDs is what a producer needs for its transactions.
func OnTransactionalIDs(ids ...string) Right { return Right{"Write", "transactional-id", ids} }

// OnCluster is an operation on the cluster.
func OnCluster(operation string) Right { return Right{Operation: operation, Resource: "cluster"} }

// maxNames bounds how many names an error lists.
const maxNames = 10

// some are the first of the names, at most maxNames.
func (r Right) some() []string { return r.Names[:min(len(r.Names), maxNames)] }

// String is the right as a part of a sentence.
func (r Right) String() string {
	if len(r.Names) == 0 {
		return fmt.Sprintf("%s on the %s", r.Operation, r.Resource)
	}
	quoted := make([]string, 0, maxNames)
	for _, name := range r.some() {
		quoted = append(quoted, fmt.Sprintf("%q", name))
	}
	text := fmt.Sprintf("%s on %s %s", r.Operation, r.Resource, strings.Join(quoted, ", "))
	if more := len(r.Names) - maxNames; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// MissingError says which right the login lacks, or an ACL denies it, and which command
// grants it.
type MissingError struct {
	Right Right
	Grant string
	Err   error // the broker's answer
}

func (e *MissingError) Error() string {
	return fmt.Sprintf("the login lacks %s, or an ACL denies it: %v: to grant it: %s", e.Right, e.Err, e.Grant)
}

func (e *MissingError) Unwrap() error { return e.Err }

// Refused reports whether an error is that of a missing right.
func Refused(err error) bool {
	return errors.Is(err, kafkago.TopicAuthorizationFailed) || errors.Is(err, kafkago.GroupAuthorizationFailed) ||
		errors.Is(err, kafkago.ClusterAuthorizationFailed) || errors.Is(err, kafkago.TransactionalIDAuthorizationFailed)
}

// Explain makes the error of a missing right a *MissingError, unless it is one. It returns
// other errors as they are.
func (a Admin) Explain(err error, needed Right) error {
	if !Refused(err) || errors.As(err, new(*MissingError)) {
		return err
	}
	return &MissingError{needed, a.Grant(needed), err}
}
