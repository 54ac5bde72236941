package registry

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// A registry is asked questionsAtOnce questions at once, and questionsPerSecond after that:
// whoever writes records chooses the IDs in them, each of which may be another one, and
// whoever reads a topic is not to lead them all to the registry. What is known, or known to
// be missing, is no question.
const (
	questionsAtOnce    = 1000
	questionsPerSecond = 100
	// pause is how long to wait at least where that is reached: for a few questions at a
	// time, since reading begins again after it.
	pause = 100 * time.Millisecond
)

// requestsInARow is how many timeouts of a request a question may take where the first URL
// answers: for a schema, its ID, its places, and once more for what it refers to. The next
// attempt goes on with what this one found of that.
const requestsInARow = 3

// inTurn calls question once nobody else asks, with a context that bounds all the requests
// that it takes. Beyond that its error is an UnavailableError.
func (c *Client) inTurn(ctx context.Context, question func(context.Context) error) error {
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	within, cancel := context.WithTimeout(ctx, c.longest)
	defer cancel()
	err := question(within)
	if ctx.Err() != nil || !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	late := &UnavailableError{
		Reason:  fmt.Sprintf("the schema registry is unavailable: it did not give a schema with all that it refers to in %v", c.longest),
		RetryAt: time.Now().Add(firstWait),
	}
	c.warn(trying, late)
	return late
}

// keepPace returns an UnavailableError where the next question comes too early.
func (c *Client) keepPace() error {
	next := c.pace.Reserve()
	wait := next.Delay()
	if wait == 0 {
		return nil
	}
	next.Cancel()
	early := &UnavailableError{
		Reason: fmt.Sprintf("the schema registry is not asked: more than %d schemas at once, and %d a second after that, are asked for. Do records name schemas that it does not have?",
			questionsAtOnce, questionsPerSecond),
		RetryAt: time.Now().Add(max(wait, pause)),
	}
	if time.Since(c.paced) > time.Minute {
		c.paced = time.Now()
		c.warn(trying, early)
	}
	return early
}
