package check

import (
	"github.com/conduitio/conduit-connector-kafka/internal/acl"
	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
)

// command is a command of Kafka's that can be pasted into a shell.
func (r *run) command(tool string, arguments ...string) string {
	return r.admin().Command(tool, arguments...)
}

// allow says how to grant a right.
func (r *run) allow(right acl.Right) string { return "allow it: " + r.admin().Grant(right) }

func (r *run) admin() acl.Admin { return cluster.Admin(r.Connection, r.Servers) }
