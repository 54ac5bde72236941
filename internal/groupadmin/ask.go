package groupadmin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/conduitio/conduit-connector-kafka/internal/acl"
	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/group"
)

// patience is how long errors that pass are waited out, such as those of a coordinator
// that moves.
const patience = 10 * time.Second

// answerTime is how long brokers may take to answer, all tries together.
const answerTime = 30 * time.Second

// answered tries until brokers answer, or fail for longer than patience.
func answered[T any](ctx context.Context, try func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	return cluster.WhileRetriable(ctx, patience, try)
}

// members asks the coordinator who is in the group.
func (a *Admin) members(ctx context.Context) (group.Description, error) {
	return answered(ctx, func(ctx context.Context) (group.Description, error) {
		return group.Describe(ctx, a.Client, a.GroupID)
	})
}

// committed is what the group has committed, nil for all.
func (a *Admin) committed(ctx context.Context, p group.Partitions) (group.Offsets, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	out, err := a.member().Committed(ctx, p)
	if denied := (*group.DeniedError)(nil); errors.As(err, &denied) && p == nil {
		return out, nil // those that are asked for say so themselves
	}
	return out, err
}

// member asks and commits as no member does that has joined.
func (a *Admin) member() *group.Member {
	return group.NewMember(a.Client, group.Config{GroupID: a.GroupID}, nil)
}

// topics describes topics, of which those that the login may not see have an error.
func (a *Admin) topics(ctx context.Context, names []string) (map[string]cluster.Topic, error) {
	found, err := answered(ctx, func(ctx context.Context) (map[string]cluster.Topic, error) { return a.Client.Refresh(ctx, names) })
	if err != nil {
		return nil, fmt.Errorf("describe topics: %w", err)
	}
	for name, t := range found {
		if t.Err != nil {
			t.Err = fmt.Errorf("find topic %q: %w", name, a.Client.Explain(t.Err, acl.OnTopics("Describe", name)))
			found[name] = t
		}
	}
	return found, nil
}

// offsets asks the leaders, and once more those that have moved.
func (a *Admin) offsets(ctx context.Context, readCommitted bool, queries []cluster.OffsetQuery) []cluster.OffsetAnswer {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	pause := cluster.NewRetry(50*time.Millisecond, time.Second)
	var out []cluster.OffsetAnswer
	for {
		var again []cluster.OffsetAnswer
		a.Client.ListOffsets(ctx, readCommitted, queries, func(answers []cluster.OffsetAnswer) {
			for _, answer := range answers {
				if answer.Err != nil && cluster.Retriable(answer.Err) {
					again = append(again, answer)
				} else {
					out = append(out, answer)
				}
			}
		})
		if len(again) == 0 || !pause.Wait(ctx) {
			return append(out, again...)
		}
		queries = nil
		var names []string
		for _, answer := range again {
			queries, names = append(queries, answer.OffsetQuery), append(names, answer.Topic)
		}
		slices.Sort(names)
		_, _ = a.Client.Refresh(ctx, slices.Compact(names)) // an error shows in the next answers
	}
}
