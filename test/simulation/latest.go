package simulation

// Where readFromBeginning is false, a group that has committed nothing for a topic begins
// where its logs end as a source opens. What is there by then need not be read. All that
// comes later has to be, whatever happens to topics, members and brokers meanwhile.

// latest has the sources of some plans begin at the end. It has dice of its own, as vary
// does.
func (d dice) latest(p *Plan) {
	if !d.chance(15) {
		return
	}
	for i := range p.Readers {
		p.Readers[i].Settings["readFromBeginning"] = "false"
	}
}

// opening returns what to call when a source has been opened that begins to open now.
func (w *World) opening() (opened func()) {
	if w.plan.Readers[0].Settings["readFromBeginning"] == "true" {
		return func() {}
	}
	begun := make(map[string]bool)
	topics, _ := w.committed()
	for _, t := range topics {
		for _, p := range t.Partitions {
			// An operator's offsets have no note, which would tell what is new since.
			begun[t.Topic] = begun[t.Topic] || p.Offset >= 0 && p.Metadata != nil && *p.Metadata != ""
		}
	}
	return func() {
		for _, topic := range w.plan.Topics {
			info := w.fake.TopicInfo(topic)
			if info == nil || begun[topic] {
				continue
			}
			for _, p := range w.fake.PartitionInfos(topic) {
				w.book.waives(logID{topic, info.TopicID, p.Partition}, p.HighWatermark)
			}
		}
	}
}

// waives notes that what is before an offset need not be read.
func (b *book) waives(log logID, offset int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.waived[log] = max(b.waived[log], offset)
	b.noteLocked(entry{kind: wasWaived, log: log, offset: offset})
}
