package consumer

import (
	"time"

	"github.com/conduitio/conduit-connector-kafka/internal/fetch"
	"github.com/conduitio/conduit-connector-kafka/internal/group"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
)

// Progress is how far a partition that is being read is read and committed. -1
// stands for what is not known yet.
type Progress struct {
	Topic         string
	Partition     int32
	HighWatermark int64 // after the last record in the log
	Position      int64 // after the last record that Next returned
	Committed     int64 // what the group has committed, as far as this member knows
}

// Progress lists the partitions that are being read.
func (c *Consumer) Progress() []Progress {
	watermarks := c.fetcher.Watermarks()
	out := make([]Progress, 0, len(watermarks))
	for _, w := range watermarks {
		if position, committed, ok := c.tracker.Progress(w.Topic, w.Partition); ok {
			out = append(out, Progress{w.Topic, w.Partition, w.Offset, position, committed})
		}
	}
	return out
}

// Unacknowledged is the number of records that Next returned and that are not
// acknowledged.
func (c *Consumer) Unacknowledged() int { return c.tracker.Unacknowledged() }

// watchProgress asks for high watermarks that fetching has not brought for a
// while: it stands still while Conduit takes no records, and just then it matters
// how the lag grows.
func (c *Consumer) watchProgress() {
	defer c.wg.Done()
	ticker := time.NewTicker(c.cfg.ProgressInterval)
	defer ticker.Stop()
	for {
		select {
		case <-c.life.Done():
			return
		case <-ticker.C:
			c.refreshWatermarks()
		}
	}
}

func (c *Consumer) refreshWatermarks() {
	stale := group.Partitions{}
	asked := make(map[message.TopicPartition]fetch.Watermark)
	for _, w := range c.fetcher.Watermarks() {
		if time.Since(w.AsOf) > c.cfg.ProgressInterval {
			stale[w.Topic] = append(stale[w.Topic], w.Partition)
			asked[message.TopicPartition{Topic: w.Topic, Partition: w.Partition}] = w
		}
	}
	if len(stale) == 0 {
		return
	}
	// Trouble shows where records are fetched: here it only means old figures.
	c.client.HighWatermarks(c.life, stale, func(topic string, id int32, offset int64) {
		c.fetcher.SetWatermark(asked[message.TopicPartition{Topic: topic, Partition: id}], offset)
	})
}
