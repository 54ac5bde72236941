package produce

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

// upTo makes brokers which know Produce up to a version.
func upTo(version int16) kfake.Opt {
	v := kversion.Stable()
	v.SetMaxKeyVersion(int16(kmsg.Produce), version)
	return kfake.MaxVersions(v)
}

// eachVersion runs a test with brokers of each version of Produce.
func eachVersion(t *testing.T, change func(*Config), run func(w *world, version int16)) {
	for version := int16(firstVersion); version <= lastVersion; version++ {
		t.Run(fmt.Sprint("version ", version), func(t *testing.T) { run(newWorld(t, change, upTo(version)), version) })
	}
}

func TestSendSpeaksTheLastVersionThatBothSidesKnow(t *testing.T) {
	for _, acks := range []Acks{AcksAll, AcksOne, AcksNone} {
		eachVersion(t, func(c *Config) { c.Acks = acks }, func(w *world, version int16) {
			var mu sync.Mutex
			spoken := map[int16]bool{}
			embedded.Answer(w.fake, kmsg.Produce, func(req kmsg.Request) kmsg.Response {
				mu.Lock()
				defer mu.Unlock()
				spoken[req.GetVersion()] = true
				return nil
			})
			n, err := w.p.Send(w.ctx, spread(30))
			w.NoErr(err)
			w.Equal(n, 30)
			w.until(func() bool { now := w.written(); return len(now[0])+len(now[1])+len(now[2]) == 30 })
			w.Equal(w.written(), wants(30))
			mu.Lock()
			defer mu.Unlock()
			if acks == AcksNone {
				version = min(version, lastNamed)
			}
			w.Equal(spoken, map[int16]bool{version: true})
		})
	}
}

// The broker names the record that it refuses, from version 8 on; before that the batch is
// halved until the record is alone.
func TestSendNamesTheRecordThatABrokerRefuses(t *testing.T) {
	eachVersion(t, nil, func(w *world, version int16) {
		sent := w.count(kmsg.Produce)
		embedded.Answer(w.fake, kmsg.Produce, func(req kmsg.Request) kmsg.Response {
			p := &req.(*kmsg.ProduceRequest).Topics[0].Partitions[0]
			at := badRecord(p.Records)
			if at < 0 {
				return nil
			}
			res := embedded.Refusal(req, kerr.InvalidRecord.Code).(*kmsg.ProduceResponse)
			why := "\x1b[2Jno key"
			res.Topics[0].Partitions[0].ErrorRecords = []kmsg.ProduceResponseTopicPartitionErrorRecord{{RelativeOffset: at, ErrorMessage: &why}}
			return res
		})
		var messages []message.Message
		for i := range 10 {
			messages = append(messages, to(topic, 0, fmt.Sprint(i)))
		}
		messages[7].Value = []byte("bad")
		n, err := w.p.Send(w.ctx, messages)
		w.Equal(n, 7)
		var record *RecordError
		w.True(errors.As(err, &record))
		w.Equal(record.Index, 7)
		w.True(errors.Is(err, kafkago.InvalidRecord))
		if version >= firstReasons {
			w.True(strings.Contains(err.Error(), "( [2Jno key)")) // fit for a terminal
			w.Equal(sent.Load(), int64(3))                        // refused whole, written up to the record, refused from it on
		}
		w.Equal(w.written()[0], []string{"0", "1", "2", "3", "4", "5", "6"})
	})
}

// badRecord is the index of the record "bad" in a batch, -1 if it isn't there.
func badRecord(encoded []byte) int32 {
	var b kmsg.RecordBatch
	if b.ReadFrom(encoded) != nil {
		return -1
	}
	records := b.Records
	for i := range b.NumRecords {
		var r kmsg.Record
		if r.ReadFrom(records) != nil {
			return -1
		}
		if string(r.Value) == "bad" {
			return i
		}
		records = records[len(r.AppendTo(nil)):]
	}
	return -1
}
