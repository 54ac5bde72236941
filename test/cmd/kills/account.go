package main

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

// account is what the copy holds of the records that were written.
type account struct {
	written, lost, twice, disorder, dead, deadBeside, deadTwice int

	missing []int // numbers of the lost ones
	repeats []int // records that were there already, after each mark
}

// readBack reads the whole copy and the dead letters, as they are committed.
func readBack(ctx context.Context, client *kclient.Client, o options, t topics, written int, marks []map[int32]int64) (account, error) {
	copied, err := client.ConsumeCommitted(ctx, t.to)
	if err != nil {
		return account{}, fmt.Errorf("read the copy: %w", err)
	}
	dead, err := client.ConsumeCommitted(ctx, t.dead)
	if err != nil {
		return account{}, fmt.Errorf("read the dead letters: %w", err)
	}
	return o.count(copied, dead, written, marks)
}

// count counts. A record is out of order if it comes for the first time after one that
// was written later to its partition. Dead letters are not lost: those of records that can't be
// written, and of others beside them, since Conduit's second architecture fails those after
// such a record in the batch as well. One that is twice may be in the copy, too.
func (o *options) count(copied, dead []*kgo.Record, written int, marks []map[int32]int64) (account, error) {
	a := account{written: written, repeats: make([]int, len(marks))}
	seen, newest := make([]bool, written), make(map[int32]int)
	note := func(n int, err error) (again bool, _ error) {
		if err == nil && n >= written {
			err = fmt.Errorf("record %d was not written", n)
		}
		if err != nil {
			return false, err
		}
		again, seen[n] = seen[n], true
		return again, nil
	}
	for _, r := range copied {
		n, err := numberOf(r.Value)
		again, err := note(n, err)
		switch {
		case err != nil:
			return a, err
		case again:
			a.twice++
			if i := lifeOf(marks, r); i >= 0 {
				a.repeats[i]++
			}
		case n%o.partitions != int(r.Partition) || n < newest[r.Partition]:
			a.disorder++
		}
		newest[r.Partition] = max(n, newest[r.Partition])
	}
	for _, r := range dead {
		n, err := deadNumber(r.Value)
		again, err := note(n, err)
		switch {
		case err != nil:
			return a, err
		case again:
			a.deadTwice++
		case !o.isBad(n):
			a.deadBeside++
		default:
			a.dead++
		}
	}
	for n, ok := range seen {
		if !ok {
			a.missing = append(a.missing, n)
		}
	}
	a.lost = len(a.missing)
	return a, nil
}

// lifeOf returns the last mark that a record comes after; -1 for none.
func lifeOf(marks []map[int32]int64, r *kgo.Record) int {
	for i := len(marks) - 1; i >= 0; i-- {
		if r.Offset >= marks[i][r.Partition] {
			return i
		}
	}
	return -1
}
