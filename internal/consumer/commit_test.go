package consumer

import (
	"testing"
	"time"

	"github.com/matryer/is"
)

func TestCommitsAreASecondApartUnlessTheyAreToComeMoreOften(t *testing.T) {
	for interval, want := range map[time.Duration]time.Duration{
		0: time.Second, 5 * time.Second: time.Second, 200 * time.Millisecond: 200 * time.Millisecond,
	} {
		is.New(t).Equal((&Config{CommitInterval: interval}).spacing(), want)
	}
}
