package main

import "github.com/conduitio/conduit-connector-kafka/bench/internal/result"

// lateAcksGroup has the limit of unacknowledged records that is the default, and one
// that a host which acknowledges once a second meets in each second. A host that keeps
// positions as long and acknowledges at once shows what of the cost is the host's.
func lateAcksGroup(o options) group {
	make := o.client(result.LateAcks)
	late := "-ack-every=" + lateAcks.String()
	c := cell(result.LateAcks, 100, "none", 6, 1)
	c.Records = 8_000_000 // of which none reads all within whole seconds
	return group{c, []contender{
		make(result.ConnectorReadN, "connector"),
		make(result.ConnectorKept, "connector", late, "-keep-only"),
		make(result.ConnectorLateAcks, "connector", late),
		make(result.ConnectorLateAcksFew, "connector", late, "-set=maxUncommitted=100000"),
	}, rounds}
}

func latencyGroups(o options) []group {
	write, read := o.client(result.WriteLatency), o.client(result.ReadLatency)
	groups := []group{
		{cell(result.WriteLatency, 100, "none", 6, 3), []contender{
			write(result.ConnectorPayload, "connector", payloadSetting),
			write(result.FranzProduce, "franz-go"),
		}, rounds},
		{cell(result.WriteLatency, 100, "none", 6, 1), []contender{
			write(result.ConnectorPayload, "connector", payloadSetting),
			write(result.PublishedWrite, "published"),
			write(result.FranzProduce, "franz-go"),
			write(result.WriterWrite, "kafka-go"),
		}, rounds},
	}
	for _, b := range brokers {
		for _, rate := range readRates {
			c := cell(result.ReadLatency, 100, "none", 6, b)
			all := []contender{read(result.ConnectorReadN, "connector"), read(result.FranzPoll, "franz-go")}
			if b == 1 && rate > 1 {
				all = append(all, read(result.FranzRecords, "franz-go-records"))
			}
			if b == 1 && rate == c.PerSecond() {
				all = append(all, read(result.PublishedRead, "published"))
			} else {
				c.Rate = rate
			}
			groups = append(groups, group{c, all, rounds})
		}
	}
	return groups
}

// exactlyGroups have writing exactly once beside writing at least once, and beside
// transactions of another client.
func exactlyGroups(o options) (groups []group) {
	for _, b := range brokers {
		for _, part := range []result.Part{result.ExactlyOnce, result.ExactlyLatency} {
			groups = append(groups, exactlyGroup(o, part, b))
		}
	}
	return groups
}

func exactlyGroup(o options, part result.Part, brokers int) group {
	make := o.client(part)
	g := group{cell(part, 100, "none", 6, brokers), []contender{
		make(result.ConnectorExactly, "connector", payloadSetting, "-exactly-once"),
		make(result.FranzExactly, "franz-go-records", "-exactly-once"),
	}, rounds}
	if part == result.ExactlyOnce {
		g.contenders = append(g.contenders, make(result.ConnectorPayload, "connector", payloadSetting))
	}
	return g
}
