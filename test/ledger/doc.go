// Package ledger counts what faults lose.
//
// A [Ledger] hands out numbered records for one topic, remembers which of them a
// destination acknowledged and which a source returned, watches what the group
// commits meanwhile, and in the end compares all that with the log. A scenario:
//
//	l := ledger.New("killed leader", topic)
//	go l.WriteTo(writing, destination) // until writing ends
//	go l.ReadFrom(reading, source)     // until reading ends
//	go l.Watch(watching, client, group)
//	…faults; l.Round() after each…
//	stopWriting()
//	l.Drain(ctx, client) // until the source has returned what is in the log
//	stopReading(); stopWatching()
//	result, err := l.Finish(ctx, client)
//	fmt.Println(ledger.Header()); fmt.Println(result)
//	err = result.Check()
//
// The topic belongs to the ledger alone, is read from its beginning, is neither
// compacted nor truncated, and all of it is read under the groups being watched.
//
// # What is counted
//
// A record whose Write failed may have been written all the same: such records
// are uncertain. Nobody writes them again, so each may be in the log once or not
// at all, and at any place.
//
// Two records of the same number in the log are a duplicate, which the producer
// made. A record of the log that a source returns a second time was read twice:
// that is allowed after a restart or a rebalance, but not where a commit after it
// was seen before, unless a member that has lost its partition, and doesn't know it
// yet, returns what it had fetched.
package ledger
