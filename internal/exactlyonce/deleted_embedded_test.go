package exactlyonce

import (
	"testing"
	"time"

	"github.com/conduitio/conduit-connector-kafka/internal/produce"
	"github.com/conduitio/conduit-connector-kafka/internal/progress"
)

// The progress topic is deleted, and the next Write comes before that is noticed. With
// topicAutoCreate, which is the default, it is missing as any topic of a record is: it must not
// be created as these are, with the brokers' cleanup.policy and topicPartitions.
func TestWriterLeavesNoProgressTopicFromWhichBrokersDelete(t *testing.T) {
	w := newWorld(t)
	w.newTopics = produce.NewTopics{Create: true, Partitions: 6}
	x := w.create(w.id)
	x.watchEvery = time.Hour
	w.NoErr(x.Open(w.ctx))
	x.sends(from(1, 0, 0, 3))
	w.NoErr(w.truth.DeleteTopic(w.ctx, x.cfg.Topic))
	x.sends(from(1, 0, 3, 5))
	w.NoErr(progress.Policy(w.ctx, x.client, x.cfg.Topic))
	x.kill()
	w.start().sends(from(2, 0, 0, 6)) // a pipeline that is started again goes on
	w.has(from(1, 0, 0, 6))
}
