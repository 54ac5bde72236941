package simulation

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// ExactPlan is what a seed decides of pipelines from Kafka to Kafka that write each record
// once. Their topics are those of the plan, of which the last one is written to; their
// settings are those of its only reader and writer.
type ExactPlan struct {
	Processes  int           // which share the group and the progress
	Alone      bool          // the settings name no transactional ID and no topic for progress
	Records    int           // in each partition of the source
	Every      time.Duration // between two of them
	Batch      int           // records of a Write at most
	StoreEvery time.Duration // between two positions that are stored
	Filter     int           // of so many records, one is not written; 0: none
	Split      int           // of so many, two are made of one
	Big        int           // of so many, one is too large to be written
	RestToo    bool          // what comes after a record that is not written is not written either
	Retries    int           // of a Write that fails, before the pipeline does
	Markers    time.Duration // how long the end of a transaction takes
}

// exactEvery: so many seeds, and one of them is about pipelines that write once.
const exactEvery = 5

const (
	sinkTopic      = "sink"
	sharedProgress = "progress"
	batchBytes     = 8000
)

// exactPlan draws a plan of pipelines that write each record once.
func (d dice) exactPlan(seed uint64) Plan {
	p := Plan{
		Seed:    seed,
		Latency: pick(d, time.Millisecond, 2*time.Millisecond, 5*time.Millisecond),
		Topics:  append([]string{"a", "b"}[:pick(d, 1, 1, 2)], sinkTopic),
		Parts:   pick[int32](d, 1, 2, 3, 6),
		Exact: &ExactPlan{
			Processes: pick(d, 1, 1, 1, 2, 3), Records: pick(d, 30, 60, 120),
			Batch: pick(d, 1, 10, 1000), StoreEvery: pick(d, 0, 200*time.Millisecond, time.Second),
			Filter: pick(d, 0, 0, 3, 7), Split: pick(d, 0, 0, 4, 5), Big: pick(d, 0, 0, 0, 11), RestToo: d.chance(30),
			Retries: pick(d, 0, 0, 3),
			Markers: pick(d, 0, 3*time.Millisecond, 3*time.Millisecond, 200*time.Millisecond),
		},
	}
	p.Exact.Alone = p.Exact.Processes == 1 && d.chance(60)
	if p.Exact.Batch == 1 {
		p.Exact.Markers = min(p.Exact.Markers, 3*time.Millisecond)
	}
	source, destination := d.exactSettings(p.Topics[:len(p.Topics)-1])
	p.Readers, p.Writers = []ReaderPlan{{Settings: source}}, []WriterPlan{{Settings: destination}}
	p.ByName = !p.byCoordinator() && d.chance(50)
	d.exactSchedule(&p)
	p.number()
	return p
}

func (d dice) exactSettings(topics []string) (source, destination map[string]string) {
	network := map[string]string{
		"servers":     fmt.Sprintf("%s,%s,%s", address(0), address(1), address(2)),
		"dialTimeout": "1s", "requestTimeout": pick(d, "1s", "3s"), "metrics": "false",
	}
	source, destination = copied(network), copied(network)
	source["topics"] = topics[0]
	if len(topics) > 1 {
		source["topics"] = topics[0] + "," + topics[1]
	}
	source["groupID"], source["readFromBeginning"] = groupID, "true"
	source["commitOffsetsDelay"] = pick(d, "200ms", "1s", "5s")
	source["rebalanceTimeout"] = "8s"
	if d.chance(30) {
		source["groupProtocol"] = "consumer"
	} else {
		source["sessionTimeout"], source["heartbeatInterval"] = "6s", "1s"
		if b := pick(d, "", "", "cooperative-sticky", "range"); b != "" {
			source["groupBalancer"] = b
		}
	}
	destination["topic"], destination["exactlyOnce"] = sinkTopic, "true"
	destination["value.format"], destination["partitioner"] = "payload", "metadata"
	destination["deliveryTimeout"], destination["outageTimeout"] = pick(d, "3s", "10s"), pick(d, "0s", "5s", "20s", "20s")
	destination["batchBytes"] = strconv.Itoa(batchBytes)
	return source, destination
}

// progressTopic is where progress is kept.
func (p *ExactPlan) progressTopic() string {
	if p.Alone {
		return "conduit-progress-" + copierName(0)
	}
	return sharedProgress
}

// exactSchedule draws what happens: mostly strikes at one of the requests of a transaction.
func (d dice) exactSchedule(p *Plan) {
	mean := pick(d, 400*time.Millisecond, time.Second, 2*time.Second)
	end := d.between(8*time.Second, 25*time.Second)
	p.Exact.Every = end / time.Duration(p.Exact.Records) // so that there is always something to write
	others := []string{"cut", "cut in", "link freezes", "half open", "slow", "down", "freeze", "unplug", "move", "move all", "coordinator", "throttle", "end"}
	share := pick(d, 0, 10, 40)
	for at := time.Second; at < end; at += time.Duration(d.ExpFloat64() * float64(mean)) {
		name := "strike"
		if d.chance(share) {
			name = pick(d, others...)
		}
		p.add(d, name, at)
	}
	for range pick(d, 0, 1, 2) { // another process gets the partitions while a transaction is on its way
		act := replaces
		if p.Exact.Processes > 1 && d.chance(70) {
			act = freezes // for longer than a session
		}
		e := p.add(d, "strike", d.between(3*time.Second, 12*time.Second))
		e.A, e.For = uint64(slices.Index(struck, pick(d, kmsg.AddPartitionsToTxn, kmsg.Produce, kmsg.EndTxn))), d.between(4*time.Second, 12*time.Second)
		e.B = uint64(slices.Index(acts, act))<<32 | d.Uint64N(4)
	}
}
