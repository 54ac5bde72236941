package transact

import (
	"math"
	"testing"
	"time"

	"github.com/matryer/is"
)

func TestTimeoutIsTheLongestThatARequestHasRoomFor(t *testing.T) {
	is := is.New(t)
	is.Equal(timeoutMs(90*time.Second), int32(90_000))
	is.Equal(timeoutMs(25*24*time.Hour), int32(math.MaxInt32)) // which is 24 days and some hours
}
