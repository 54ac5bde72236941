package produce

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/matryer/is"
	kafkago "github.com/segmentio/kafka-go"
)

// The time of a bubble passes only while all wait: what these tests say is exact.
func TestClockEndsWhenBothTimesAreUsedUp(t *testing.T) {
	const second = time.Second
	type step struct {
		wait  time.Duration
		what  string // took: an answer came then; wrote: and something is written
		start time.Duration
	}
	for name, test := range map[string]struct {
		delivery, outage time.Duration
		steps            []step
		ends             time.Duration
		outlasted        bool
	}{
		"of an outage":               {10 * second, 120 * second, nil, 130 * second, true},
		"without time for an outage": {10 * second, 0, nil, 10 * second, false},
		"of answers": {10 * second, 120 * second,
			[]step{{4 * second, "took", 0}, {3 * second, "took", 4 * second}, {3 * second, "took", 7 * second}}, 10 * second, false},
		"of an answer after an outage": {10 * second, 120 * second,
			[]step{{60 * second, "", 0}, {9 * second, "took", 60 * second}}, 60*second + 9*second + 60*second + second, true},
		"of answers at the same time": {10 * second, 120 * second,
			[]step{{5 * second, "took", 0}, {0, "took", second}, {4 * second, "took", 2 * second}}, 130 * second, true},
		"of an outage after which something was written": {10 * second, 120 * second,
			[]step{{100 * second, "", 0}, {5 * second, "wrote", 100 * second}}, 105*second + 120*second + 5*second, true},
		"of an answer after an outage that outlasts its time": {10 * second, 20 * second,
			[]step{{25 * second, "took", 22 * second}}, 30 * second, true},
		"of writing after such an outage": {10 * second, 20 * second,
			[]step{{25 * second, "wrote", 22 * second}}, 25*second + 20*second + 5*second, true},
		"of two answers at the same time after such an outage": {10 * second, 20 * second,
			[]step{{22 * second, "wrote", 10 * second}, {0, "wrote", 10 * second}}, 22*second + 20*second + 8*second, true},
		"of an answer that was waited for since before something was written": {10 * second, 20 * second,
			[]step{{22 * second, "wrote", 10 * second}, {3 * second, "took", 10 * second}}, 25*second + 20*second + 5*second, true},
		"of slow answers without time for an outage": {10 * second, 0,
			[]step{{4 * second, "wrote", 0}, {4 * second, "took", 4 * second}}, 10 * second, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				is := is.New(t)
				began := time.Now()
				var ended time.Duration
				done := make(chan struct{})
				c := newClock(test.delivery, test.outage, func() { ended = time.Since(began); close(done) })
				for _, s := range test.steps {
					time.Sleep(s.wait)
					switch s.what {
					case "took":
						c.took(began.Add(s.start))
					case "wrote":
						c.wrote(began.Add(s.start))
					}
				}
				<-done
				is.Equal(ended, test.ends)
				is.Equal(c.outlasted(), test.outlasted)
			})
		})
	}
}

func TestClockThatIsStoppedEndsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClock(time.Second, time.Second, func() { t.Error("it ended") })
		c.took(time.Now())
		c.stop()
		c.took(time.Now())
		time.Sleep(time.Minute)
		c.wrote(time.Now())
	})
}

func TestClockWithoutADeliveryTimeoutIsNone(t *testing.T) {
	c := newClock(0, time.Second, nil)
	c.took(time.Now())
	c.wrote(time.Now())
	c.stop()
	is.New(t).True(c == nil)
}

func TestOutageIsWhatALeaderThatCouldWriteDoesNotSay(t *testing.T) {
	is := is.New(t)
	for err, want := range map[error]bool{
		nil:                             false,
		errors.New("connection closed"): true,
		fmt.Errorf("write to t/0: %w", kafkago.LeaderNotAvailable):       true,
		kafkago.NotEnoughReplicas:                                        true,
		kafkago.RequestTimedOut:                                          true,
		kafkago.NetworkException:                                         false,
		kafkago.InvalidMessage:                                           false,
		fmt.Errorf("write to t/0: %w", kafkago.OutOfOrderSequenceNumber): false,
	} {
		is.Equal(outage(err), want)
	}
}
