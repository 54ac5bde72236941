// Package metrics counts what the connectors of a process do, as Prometheus metrics in
// the default registry, which Conduit serves. The packages that do the work have
// function fields (Hooks) and know nothing of Prometheus.
package metrics

import (
	"strconv"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/conduitio/conduit-connector-kafka/internal/consumer"
)

// Connector is what one connector counts: by batch and by request, never by record.
// Labels have few values: the names of Kafka's requests, kinds of errors (kindOf),
// and the partitions that a source reads at the moment. The nil value counts
// nothing.
//
// docs/operations.md says what each means and what to do about it.
type Connector struct {
	key key
	metricSet

	records, bytes prometheus.Counter
	requests       *prometheus.HistogramVec // by api
	requestErrors  *prometheus.CounterVec   // by api and kind
	connects       *prometheus.CounterVec   // by result
	retries        *prometheus.CounterVec   // by kind
	errors         *prometheus.CounterVec   // by kind

	address string // of Serve; counting.mu guards it

	throttled prometheus.Counter

	// Of a destination only.
	dropped      prometheus.Counter
	transactions *prometheus.CounterVec // by outcome

	// Of a source only.
	assigned         prometheus.Gauge
	rebalances, lost prometheus.Counter
	resets           prometheus.Counter
	commits          *prometheus.CounterVec // by result
	lag, readLag     *prometheus.Desc       // by topic and partition
	unacknowledged   *prometheus.Desc
	reader           atomic.Pointer[consumer.Consumer] // asked whenever somebody collects
}

// latencies are in seconds: from a round trip within a machine to a join that
// waits for the other members of a group.
var latencies = []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60}

func newConnector(k key) *Connector {
	m := &Connector{key: k, metricSet: metricSet{labels: prometheus.Labels{"connector": k.id, "type": string(k.side)}}}
	m.records = m.counter("records_total", "Records that the source handed to Conduit, or that the destination wrote.")
	m.bytes = m.counter("bytes_total", "Size of the record batches that were fetched or written, compressed.")
	m.requests = m.histogram("request_duration_seconds", "Time from sending a request to its answer.", latencies, "api")
	m.requestErrors = m.counters("request_errors_total", "Requests that got no answer.", "api", "kind")
	m.connects = m.counters("connects_total", "Attempts to connect to a broker.", "result")
	m.retries = m.counters("retries_total", "Failures that were followed by another attempt.", "kind")
	m.throttled = m.counter("throttled_seconds_total", "Pauses that brokers asked for because a quota of this client is used up.")
	m.errors = m.counters("errors_total", "Errors that were returned to Conduit.", "kind")
	if k.side == Destination {
		m.dropped = m.counter("dropped_records_total", "Records that were too large and dropped, as onOversize says.")
		m.transactions = m.counters("transactions_total", "Transactions of exactlyOnce that ended.", "outcome")
	}
	if k.side == Source {
		m.assigned = m.gauge("assigned_partitions", "Partitions that the group has given to this source.")
		m.rebalances = m.counter("rebalances_total", "Generations of the group that this source has been part of.")
		m.lost = m.counter("lost_partitions_total", "Partitions that went to another member before this source could commit.")
		m.resets = m.counter("offset_resets_total", "Times that a partition could not be read on from its offset.")
		m.commits = m.counters("commits_total", "Attempts to commit offsets.", "result")
		m.lag = m.desc("lag_records", "High watermark less committed offset, as Kafka's consumer group tool has it.", "topic", "partition")
		m.readLag = m.desc("read_lag_records", "High watermark less the offset after the last record handed to Conduit.", "topic", "partition")
		m.unacknowledged = m.desc("unacknowledged_records", "Records that Conduit has and has not acknowledged yet.")
	}
	return m
}

// Collect gives the present values.
func (m *Connector) Collect(out chan<- prometheus.Metric) {
	m.metricSet.Collect(out)
	reader := m.reader.Load()
	if reader == nil {
		return
	}
	gauge := func(d *prometheus.Desc, value int64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(max(0, value)), labels...)
	}
	gauge(m.unacknowledged, int64(reader.Unacknowledged()))
	for _, p := range reader.Progress() {
		if p.HighWatermark < 0 {
			continue
		}
		partition := strconv.Itoa(int(p.Partition))
		gauge(m.readLag, p.HighWatermark-p.Position, p.Topic, partition)
		if p.Committed >= 0 {
			gauge(m.lag, p.HighWatermark-p.Committed, p.Topic, partition)
		}
	}
}

// metricSet makes and collects the metrics of one connector.
type metricSet struct {
	labels     prometheus.Labels
	collectors []prometheus.Collector
	descs      []*prometheus.Desc // of those that are made when somebody collects
}

const metricPrefix = "conduit_kafka_"

func (s *metricSet) counter(name, help string) prometheus.Counter {
	return s.counters(name, help).WithLabelValues()
}

func (s *metricSet) counters(name, help string, by ...string) *prometheus.CounterVec {
	c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: metricPrefix + name, Help: help, ConstLabels: s.labels}, by)
	s.collectors = append(s.collectors, c)
	return c
}

func (s *metricSet) gauge(name, help string) prometheus.Gauge {
	g := prometheus.NewGauge(prometheus.GaugeOpts{Name: metricPrefix + name, Help: help, ConstLabels: s.labels})
	s.collectors = append(s.collectors, g)
	return g
}

func (s *metricSet) histogram(name, help string, buckets []float64, by ...string) *prometheus.HistogramVec {
	h := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: metricPrefix + name, Help: help, ConstLabels: s.labels, Buckets: buckets,
	}, by)
	s.collectors = append(s.collectors, h)
	return h
}

func (s *metricSet) desc(name, help string, by ...string) *prometheus.Desc {
	d := prometheus.NewDesc(metricPrefix+name, help, by, s.labels)
	s.descs = append(s.descs, d)
	return d
}

// Describe lists what there is to collect.
func (s *metricSet) Describe(out chan<- *prometheus.Desc) {
	for _, c := range s.collectors {
		c.Describe(out)
	}
	for _, d := range s.descs {
		out <- d
	}
}

// Collect gives the present values of what is counted all the time.
func (s *metricSet) Collect(out chan<- prometheus.Metric) {
	for _, c := range s.collectors {
		c.Collect(out)
	}
}
