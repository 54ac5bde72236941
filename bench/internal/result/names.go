package result

// The contenders. "Connector" is this repository's, "published" the release of
// the same name that Conduit comes with.
const (
	ConnectorReadN = "connector, ReadN + Ack"
	ConnectorRead  = "connector, Read + Ack"
	PublishedRead  = "published, Read + Ack"
	FranzPoll      = "franz-go, poll loop"
	FranzRecords   = "franz-go, Conduit's records + acks"
	ReaderFetch    = "kafka-go, Reader"
	RecordsAlone   = "no client, Conduit's records alone"

	ConnectorLateAcks    = "connector, ReadN + Ack once a second"
	ConnectorKept        = "connector, ReadN + Ack, positions kept for a second"
	ConnectorLateAcksFew = "connector, ReadN + Ack once a second, maxUncommitted=100000"

	ConnectorPayload  = "connector, value.format=payload"
	ConnectorWrite    = "connector, default format"
	PublishedWrite    = "published, default format"
	PublishedTemplate = "published, template of the payload"
	FranzProduce      = "franz-go, ProduceSync"
	FranzFromRecords  = "franz-go, ProduceSync of Conduit's records"
	WriterWrite       = "kafka-go, Writer"

	ConnectorExactly = "connector, value.format=payload, exactlyOnce"
	FranzExactly     = "franz-go, a transaction of Conduit's records a call"

	PipelineV2          = "Conduit v2 + connector, defaults"
	PipelineV2Payload   = "Conduit v2 + connector, value.format=payload"
	PipelineV1          = "Conduit v1 + connector, defaults"
	PipelineV1Batch     = "Conduit v1 + connector, destination batch 1000/5ms"
	PipelineV2Published = "Conduit v2 + published, defaults"
	PipelineV2PubBatch  = "Conduit v2 + published, source batch 1000/10ms"
	PipelineV1Published = "Conduit v1 + published, defaults"
	PipelineV1PubBatch  = "Conduit v1 + published, destination batch 1000/5ms"
	PipelineMirror      = "Kafka Connect, MirrorSourceConnector, 2 tasks"
	againSuffix         = " (again)"
)

// Again is the name of a contender's second entry in a cell: the two do the same,
// so what they differ in is noise.
func Again(name string) string { return name + againSuffix }
