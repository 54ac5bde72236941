package simulation

import (
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
)

// runExact runs a plan of pipelines that write each record once.
func (w *World) runExact() Outcome {
	w.exact, w.coordinators = newExactly(), newCoordinators()
	w.net.Counted, w.net.Changed = w.countExact, w.changeExact
	read := 0
	w.live(w.startCopiers, func() {
		w.exact.note(func() { w.exact.strikes = nil })
		w.settleExact()
		w.endCopiers()
		read = w.readSink()
	}, w.fillSource)
	w.checkLeftovers()
	return Outcome{Seed: w.plan.Seed, Wrong: w.book.found(), Simulated: w.now(), Requests: w.requests, Written: len(w.exact.made), Read: read}
}

func (w *World) startCopiers() {
	for i := range w.plan.Exact.Processes {
		w.copiers = append(w.copiers, w.copier(i))
		w.copiers[i].start()
	}
}

// endCopiers ends all processes, also those that count no more.
func (w *World) endCopiers() {
	var ends sync.WaitGroup
	for _, c := range w.copiers {
		ends.Go(func() { c.end(-1) })
	}
	ends.Wait()
	var lives []*copying
	w.exact.note(func() { lives = slices.Collect(maps.Values(w.exact.lives)) })
	for _, x := range lives {
		x.cancel()
		<-x.done
	}
}

// fillSource writes the records of the source.
func (w *World) fillSource() {
	p := w.plan.Exact
	for i := range p.Records {
		for _, topic := range w.plan.Topics[:len(w.plan.Topics)-1] {
			for partition := range w.plan.Parts {
				value := p.sourceValue(topic, partition, i)
				w.exact.note(func() { w.exact.made = append(w.exact.made, value) })
				for err := w.put(topic, partition, value); err != nil; err = w.put(topic, partition, value) {
					time.Sleep(100 * time.Millisecond)
				}
			}
		}
		time.Sleep(p.Every)
	}
}

// ownerID marks what is written to the source, as if it were a transactional ID.
const ownerID = "owner"

// put writes a record into a topic, as its owner does.
func (w *World) put(topic string, partition int32, value string) error {
	b := batch(kmsg.RecordBatch{ProducerID: -1, ProducerEpoch: -1, FirstSequence: -1}, []int{1}, []string{value})
	got, err := w.produce(ownerID, topic, partition, b)
	if err != nil {
		return err
	}
	return kerr.ErrorForCode(got.ErrorCode)
}

// settleExact waits until all is acknowledged.
func (w *World) settleExact() {
	for until := time.Now().Add(drained); ; time.Sleep(250 * time.Millisecond) {
		n, first := w.exact.left()
		if n == 0 {
			time.Sleep(5 * time.Second) // all processes are there again
			return
		}
		if time.Now().After(until) {
			w.book.wrong("standstill: %d records are not acknowledged %s after all was well, the first: %s", n, drained, first)
			w.describe()
			return
		}
	}
}

// readSink checks what consumers see, when all processes have ended, and returns how many
// records that are.
func (w *World) readSink() int {
	for _, topic := range []string{sinkTopic, w.plan.Exact.progressTopic()} {
		for _, p := range w.fake.PartitionInfos(topic) {
			if p.LastStableOffset < p.HighWatermark {
				w.book.wrong("a transaction is open in %s/%d at offset %d", topic, p.Partition, p.LastStableOffset)
			}
		}
	}
	seen := make(map[int32][]written)
	for _, p := range w.fake.PartitionInfos(sinkTopic) {
		records, err := w.readCommitted(sinkTopic, p)
		if err != nil {
			w.book.wrong("the world could not read %s/%d: %v", sinkTopic, p.Partition, err)
		}
		seen[p.Partition] = records
	}
	return w.checkExact(seen)
}

// readCommitted reads a partition as consumers do that leave out what was aborted.
func (w *World) readCommitted(topic string, info *kfake.PartitionInfo) (out []written, err error) {
	var reader recordbatch.Reader
	for at := info.LogStartOffset; at < info.LastStableOffset; at = reader.NextOffset() {
		got, err := w.fetch(topic, info.Partition, at, readCommitted)
		if err != nil {
			return nil, err
		}
		options := recordbatch.ReadOptions{ReadCommitted: true}
		for _, a := range got.AbortedTransactions {
			options.Aborted = append(options.Aborted, recordbatch.AbortedTransaction{ProducerID: a.ProducerID, FirstOffset: a.FirstOffset})
		}
		reader.Reset(topic, info.Partition, got.RecordBatches, at, options)
		records, err := reader.Next(nil)
		for err == nil {
			for _, r := range records {
				fields := strings.SplitN(string(r.Value), " ", 3)
				out = append(out, written{fields[0], fields[1]})
			}
			records, err = reader.Next(nil)
		}
		if err != io.EOF || reader.NextOffset() <= at {
			return nil, err
		}
	}
	return out, nil
}
