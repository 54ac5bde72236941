package connector_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/conduitio/conduit-connector-kafka/test/broker"
)

func TestMain(m *testing.M) {
	if s := os.Getenv(memberSettings); s != "" {
		if err := beMember(s); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	broker.Main(m)
}
