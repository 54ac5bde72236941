package fetch

import "time"

// Watermark is how far a partition's log goes: the high watermark is the offset
// after the last record that consumers may see, transactions aside.
type Watermark struct {
	Topic     string
	Partition int32
	Offset    int64     // -1: not known yet
	AsOf      time.Time // when a broker said so

	of      *partition
	rewinds int
}

// Watermarks lists the high watermarks of the partitions being read, as the last
// answers had them. While Next is not called, and fetching stands still, they
// grow old.
func (f *Fetcher) Watermarks() []Watermark {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := make([]Watermark, 0, len(f.parts))
	for k, p := range f.parts {
		w := Watermark{Topic: k.Topic, Partition: k.Partition, Offset: -1, of: p, rewinds: p.rewinds}
		if !p.seenAt.IsZero() {
			w.Offset, w.AsOf = p.watermark, f.seenAt(p)
		}
		out = append(out, w)
	}
	return out
}

// SetWatermark notes a high watermark that was asked for otherwise, of a partition as
// Watermarks had it then. It counts unless the partition is another one since, or a
// fetch has brought a newer one.
func (f *Fetcher) SetWatermark(asked Watermark, offset int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if p := asked.of; p.state != removed && p.rewinds == asked.rewinds && f.seenAt(p).Equal(asked.AsOf) {
		p.noteWatermark(offset)
	}
}

// seenAt is when a broker said last how far a partition's log goes. In a session it
// says so by silence, once it has told. The lock is held.
func (f *Fetcher) seenAt(p *partition) time.Time {
	if p.state != fetching || p.seenAt.IsZero() {
		return p.seenAt
	}
	b := f.brokers[p.node]
	if in := b.asked[p.TopicPartition]; in != nil && in.p == p && in.watermark == p.watermark && b.heard.After(p.seenAt) {
		return b.heard
	}
	return p.seenAt
}

func (p *partition) noteWatermark(watermark int64) {
	if watermark < 0 {
		return // a broker that sends readers elsewhere may not tell
	}
	p.watermark, p.seenAt = watermark, time.Now()
}
