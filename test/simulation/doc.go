// Package simulation runs the real source and destination, with the SDK around them,
// against the embedded cluster on a network in memory, in the time of a
// testing/synctest bubble: a minute of faults takes a fraction of a second.
//
// A seed decides what is set up and what happens: see [NewPlan]. [Run] runs a plan:
// pipelines that write numbered records and pipelines that read them, while events
// happen to connections, brokers, topics, the group and the pipelines themselves. Then
// all is healed, everything has to be written and read, and the book is checked:
//
//   - each record is in the log once, unless a destination died while it wrote it, or a
//     request arrives late in a topic that was made again; with acks none it may be lost
//     when something happened about that time, and only then
//   - each record is read, and in order: where a source goes on elsewhere than after
//     the record that it returned last, everything before was acknowledged, or it lost its
//     place in the log and autoOffsetReset allows it. With readFromBeginning: false, what
//     was there before the group's first source was open need not be
//   - nothing is read again that the position says was acknowledged, from which a source
//     starts: of all partitions, if its record was the last of those that were read together
//   - nothing is committed that was not acknowledged, and no commit goes back
//   - nothing waits for longer than [standstill] while all that it needs is well
//   - no kind of request is sent more often than [limits] allows
//   - a connector ends, or refuses a record, where an error code says that trying again
//     is no use, a batch is broken for good, an offset is lost under autoOffsetReset
//     error, or another member has its groupInstanceID; and where nothing of that has
//     come it does not. Whoever operates it starts it again.
//   - a member with a groupInstanceID does not leave the group
//   - Open, Run and Teardown return, and no goroutine is left
//
// Every fifth seed is about exactlyOnce instead: see [ExactPlan]. Pipelines copy numbered
// records from Kafka to Kafka, in one process or in several that share the group and the
// progress topic. At one of the requests of a transaction or of its beginning, when it is
// sent or answered, before that arrives or after it, a process is killed, frozen, or replaced
// while it lives on, a connection is cut, a request or an answer delayed, or coordinators and
// leaders move. The next process begins with the position that was stored by then. Consumers
// with the isolation level read_committed must see
//
//   - each record once, in the order of its partition, unless it was filtered, or is a dead
//     letter: those may be there, once
//   - all of what was written: no transaction is open when all is over
//
// # Use
//
//	make simulate                      200 seeds
//	make simulate SEEDS=5000 SEED_FROM=1000
//	make simulate SEED=17              one, with its schedule and what happens
//
// A seed that fails is run again ten times: the schedule of events is the same each
// time, the order in which goroutines run is not. Then events are left out for as long
// as it still fails.
//
// test/simulation/mutations has patches that put old bugs back, and a script that
// looks for the seed which finds each of them.
//
// # Where things are
//
//	network.go, link.go, pipe.go  hosts, connections, bytes
//	plan.go, aims.go, vary.go     what a seed decides; late.go
//	protocol.go                   groups whose coordinator assigns, by some seeds
//	world.go, run.go              a run from its beginning to its end
//	reader.go, source.go          pipelines that read, as Conduit runs them
//	writer.go, destination.go     pipelines that write; stream.go
//	faults*.go, transactions.go   the events; the operator, in faults_contract.go
//	exact_*.go                    exactlyOnce: the plan, a process, what consumers see
//	strike.go, coordinator.go     what happens at one request; whose transaction it is
//	rules.go, view.go, answers.go what brokers say instead of the truth; codes.go, static.go
//	contract.go, charges.go       which codes end a connector, and whether they do
//	admin.go, monitor.go          the administrator, who is exempt from all faults
//	book.go, check.go, follow.go  what happened, and whether it may; health.go, kept.go
//	skip.go, latest.go, quiet.go  what need not be read, what may be lost
//
// # Traps
//
// A bubble's time stands still while a goroutine waits for a mutex. If whoever holds
// it waits for time to pass, the process hangs, and only the clock on the wall shows
// it: test/cmd/simulate ends such a process and says which lock it was. The SDK has two
// of these: a source's state is locked while Teardown waits for Run, and a batch is
// locked while it is written. The pipelines here go around them, and around a goroutine
// that the SDK's batching of sources leaves.
//
// What is pooled must not hold channels or timers, or must not get from one bubble into
// another: zstd's coders hold channels, so that the pools are emptied after a run.
//
// The embedded cluster forgets to name the aborted transactions in answers that reach
// the request's limit of bytes: that is lifted, and the limit of each partition stays.
//
// Where a connection is dead when the answer to a JoinGroup or SyncGroup is due, the
// embedded cluster forgets to watch over the member's session: [World.reap] takes such
// members out of the group, and all of them where it does not answer their joins. Nor does
// it drop a group's offsets with the topic: one whose offsets were set by hand is not
// deleted. It tells a static member that comes back that it leads the group, which Kafka
// does not before JoinGroup 9: [World.demote]. It does not hang up on who writes with acks none what it can't
// take: [World.takes].
//
// In fetch sessions it has topics by their names, whatever IDs they were asked for by:
// [World.expire].
//
// Where the coordinator assigns, the embedded cluster takes no static member out that has
// left for a while and stays away, and does not notice that a topic grows or is made again
// while no other member is in the group: [World.reap], [World.renew].
//
// The embedded cluster leaves a transaction open whose producer is fenced by another process,
// gives a new epoch to a producer that is fenced, and takes the end of a transaction that was
// never begun: coordinator.go plays these parts. Nor do markers take time there; while they
// would be written, requests are refused as Kafka refuses them.
//
// The embedded cluster has one log for each partition and no replicas: there is no
// unclean election and no lost tail. A broker that is cut off answers by a rule. Real
// Apache Kafka is in test/faults.
package simulation
