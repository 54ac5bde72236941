package recordbatch

// TimestampType says whose the timestamps of a batch are (KIP-32).
type TimestampType int8

// The types. Batches of formats before magic 2 are not looked at for it.
const (
	TimestampTypeUnknown TimestampType = iota
	CreateTime                         // of the producer
	LogAppendTime                      // of the broker
)

// String is the name that Kafka's configuration of topics has (message.timestamp.type).
func (t TimestampType) String() string {
	switch t {
	case CreateTime:
		return "CreateTime"
	case LogAppendTime:
		return "LogAppendTime"
	}
	return ""
}

// TimestampType is that of the last batch that was read.
func (r *Reader) TimestampType() TimestampType { return r.timestampType }

// timestampTypeOf is the type of a batch of magic 2.
func timestampTypeOf(b []byte) TimestampType {
	if b[posAttributes+1]&attrLogAppendTime != 0 {
		return LogAppendTime
	}
	return CreateTime
}
