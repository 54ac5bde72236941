package produce

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
)

// hold keeps the next produce request back, as a frozen broker does, calls meanwhile, and
// hangs up. The returned function has the request arrive after all.
func (w *world) hold(meanwhile func()) (arrive func()) {
	var held atomic.Pointer[kmsg.ProduceRequest]
	w.fake.ControlKey(int16(kmsg.Produce), func(req kmsg.Request) (kmsg.Response, error, bool) {
		w.fake.KeepControl()
		produce := *req.(*kmsg.ProduceRequest)
		produce.Topics = slices.Clone(produce.Topics)
		if !held.CompareAndSwap(nil, &produce) {
			return nil, nil, false
		}
		w.fake.SleepControl(meanwhile)
		return nil, errors.New("hung up"), true
	})
	return func() {
		w.t.Helper()
		late := held.Load()
		late.Topics[0].TopicID = w.fake.TopicInfo(topic).TopicID
		_, err := w.truth.Raw().Broker(0).Request(w.ctx, late)
		w.NoErr(err)
	}
}

// valued makes messages with the same keys each time, and other values.
func valued(prefix string) []message.Message {
	messages := keyedFrom(0, 30)
	for i := range messages {
		messages[i].Value = fmt.Appendf(nil, "%s %d", prefix, i)
	}
	return messages
}

// A topic is made again with fewer partitions than a request names that has no answer,
// gets as many as before, and then that request arrives. The broker must not take what
// follows for what was in it.
func TestSendWritesRecordsAfterARequestArrivedLateInATopicMadeAgain(t *testing.T) {
	w := newWorld(t, nil, kfake.NumBrokers(1))
	_, err := w.p.Send(w.ctx, valued("old"))
	w.NoErr(err)
	arrive := w.hold(func() {
		if err := errors.Join(w.truth.DeleteTopic(w.ctx, topic), w.truth.CreateTopic(w.ctx, topic, 1, nil)); err != nil {
			t.Error(err)
		}
	})
	_, err = w.p.Send(w.ctx, valued("held"))
	w.NoErr(err)
	w.NoErr(w.truth.AddPartitions(w.ctx, topic, partitions))
	_, err = w.p.client.Refresh(w.ctx, []string{topic})
	w.NoErr(err)
	arrive()
	n, err := w.p.Send(w.ctx, valued("next"))
	w.NoErr(err)
	w.Equal(n, 30)
	count := make(map[string]int)
	for _, values := range w.written() {
		for _, value := range values {
			name, _, _ := strings.Cut(value, " ")
			count[name]++
		}
	}
	w.Equal(count["next"], 30)
	w.True(count["held"] > 30) // the late request was written: no client can help that
}
