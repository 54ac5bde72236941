package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// pipeline copies each record to the partition that it was in.
const pipeline = `version: "2.2"
pipelines:
  - id: copy-NUMBER
    status: running
    connectors:
      - id: from
        type: source
        plugin: builtin:kafka
        settings:
          servers: SERVERS
          topics: FROM
          groupID: FROM
          readFromBeginning: "true"
          sessionTimeout: SESSION
      - id: to
        type: destination
        plugin: builtin:kafka
        settings:
          servers: SERVERS
          topic: TO
          value.format: payload
          partitioner: metadata
          deliveryTimeout: 2m
`

// Processes that share a group share the progress.
const exactlyOnce = `          exactlyOnce: "true"
          transactionalID: TO-NUMBER
          progressTopic: FROM-progress
`

// The first architecture gives the destination single records.
const batches = `          sdk.batch.size: "BATCH"
          sdk.batch.delay: 20ms
`

const deadLetters = `    dead-letter-queue:
      plugin: builtin:kafka
      settings:
        servers: SERVERS
        topic: DEAD
        value.format: payload
      window-size: 0
`

// topics are where records come from, go to, and go to if they can't be written.
type topics struct{ from, to, dead string }

// writePipeline writes the pipeline file of one process, and removes what a run before has
// left in its directory.
func writePipeline(o options, t topics, servers []string, arch, dir string, number int) error {
	text := pipeline
	if o.exactly {
		text += exactlyOnce
	}
	if o.batch > 0 && arch == "1" {
		text += batches
	}
	if o.bad > 0 {
		text += deadLetters
	}
	text = strings.NewReplacer("SERVERS", strings.Join(servers, ","), "FROM", t.from, "TO", t.to, "DEAD", t.dead,
		"NUMBER", strconv.Itoa(number), "BATCH", strconv.Itoa(o.batch), "SESSION", o.session.String()).Replace(text)
	if err := os.RemoveAll(filepath.Join(dir, "db")); err != nil {
		return fmt.Errorf("prepare Conduit: %w", err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "none"), 0o755); err != nil {
		return fmt.Errorf("prepare Conduit: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "pipelines.yaml"), []byte(text), 0o600); err != nil {
		return fmt.Errorf("prepare Conduit: %w", err)
	}
	return nil
}
