package convert

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/conduitio/conduit-commons/opencdc"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
	"github.com/conduitio/conduit-connector-kafka/internal/setting"
)

// Metadata that records carry where it is asked for.
const (
	MetadataTimestampType = "kafka.timestampType" // CreateTime or LogAppendTime
	MetadataLeaderEpoch   = "kafka.leaderEpoch"   // of the leader that took the record
	MetadataKeySize       = "kafka.keySize"       // in bytes, as it lay in Kafka; 0 of a null key
	MetadataValueSize     = "kafka.valueSize"
)

// Extras are what records say of themselves where it is asked for.
type Extras struct{ timestampType, leaderEpoch, sizes bool }

// ParseExtras reads the metadata setting.
func ParseExtras(list []string) (Extras, error) {
	var e Extras
	for _, item := range setting.List(list) {
		switch item {
		case "timestampType":
			e.timestampType = true
		case "leaderEpoch":
			e.leaderEpoch = true
		case "size":
			e.sizes = true
		default:
			return e, setting.Invalid("metadata", fmt.Sprintf("%q is unknown: %s", item, strings.Join([]string{"timestampType", "leaderEpoch", "size"}, ", ")), "leaderEpoch,size")
		}
	}
	return e, nil
}

// Add has records say more of themselves.
func (m *Records) Add(e Extras) { m.extras = e }

// ofBatch sets what is the same for all records of a batch. What its format is too old to
// tell is left out.
func (e Extras) ofBatch(metadata opencdc.Metadata, b *message.Batch) {
	if e.timestampType && b.TimestampType != recordbatch.TimestampTypeUnknown {
		metadata[MetadataTimestampType] = b.TimestampType.String()
	}
	if e.leaderEpoch && b.LeaderEpoch >= 0 {
		metadata[MetadataLeaderEpoch] = strconv.Itoa(int(b.LeaderEpoch))
	}
}

func (e Extras) ofRecord(metadata opencdc.Metadata, r *recordbatch.Record) {
	metadata[MetadataKeySize] = strconv.Itoa(len(r.Key))
	metadata[MetadataValueSize] = strconv.Itoa(len(r.Value))
}
