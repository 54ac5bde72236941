package main

import (
	"errors"
	"fmt"
	"os/exec"
	"time"

	"github.com/conduitio/conduit-connector-kafka/test/conduit"
)

// stopTimeout is how long Conduit may take to stop its pipelines. It covers the
// destination's deliveryTimeout. Conduit v0.14.0 would wait forever if writing
// failed in its second architecture: it doesn't tear down the source then.
const stopTimeout = 15 * time.Second

// stop ends Conduit as Ctrl-C would, waits for it and returns how it ended. If
// it takes too long it is killed. It may be called again.
func stop(host *conduit.Process) error { return ending(host.Stop(stopTimeout)) }

// ending is how Conduit ended.
func ending(err error) error {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return fmt.Errorf("run Conduit: it ended with %s", exit.ProcessState)
	}
	return err
}
