package simulation

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
)

// adminRack marks the administrator's fetches, which every broker answers.
const adminRack = "administrator"

// ask sends a request of the administrator's to a broker. His host is exempt from
// what is wrong with brokers, and rules leave his requests alone.
func (w *World) ask(node int32, req kmsg.Request) (kmsg.Response, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	conn, err := w.admin.Dial(ctx, "tcp", address(node))
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	if _, err := conn.Write(kmsg.NewRequestFormatter(kmsg.FormatterClientID("administrator")).AppendRequest(nil, req, 1)); err != nil {
		return nil, err
	}
	size := make([]byte, 4)
	if _, err := io.ReadFull(conn, size); err != nil {
		return nil, fmt.Errorf("%s: %w", kmsg.NameForKey(req.Key()), err)
	}
	frame := make([]byte, binary.BigEndian.Uint32(size))
	if _, err := io.ReadFull(conn, frame); err != nil {
		return nil, err
	}
	res := req.ResponseKind()
	frame = frame[4:]
	if res.IsFlexible() {
		frame = frame[1:] // no tags
	}
	return res, res.ReadFrom(frame)
}

// logs returns all that is in a topic's partitions, by partition.
func (w *World) logs(topic string) (map[int32][]logged, error) {
	out := make(map[int32][]logged)
	for _, p := range w.fake.PartitionInfos(topic) {
		log, err := w.readLog(topic, p)
		if err != nil {
			return nil, fmt.Errorf("read %s/%d: %w", topic, p.Partition, err)
		}
		out[p.Partition] = log
	}
	return out, nil
}

// logged is a record in a log.
type logged struct {
	offset int64
	number int
	value  string
}

func (w *World) readLog(topic string, info *kfake.PartitionInfo) ([]logged, error) {
	var out []logged
	for at := info.LogStartOffset; at < info.HighWatermark; {
		got, err := w.fetch(topic, info.Partition, at, readUncommitted)
		if err != nil {
			return nil, err
		}
		records, next, err := decode(got.RecordBatches, at)
		if err != nil {
			return nil, err
		}
		if next <= at {
			return nil, fmt.Errorf("nothing at offset %d below %d", at, info.HighWatermark)
		}
		out, at = append(out, records...), next
	}
	return out, nil
}

// The isolation levels of a fetch.
const (
	readUncommitted = 0
	readCommitted   = 1
)

// fetch asks a partition's leader for what follows an offset.
func (w *World) fetch(topic string, partition int32, at int64, isolation int8) (got kmsg.FetchResponseTopicPartition, err error) {
	req := kmsg.NewPtrFetchRequest()
	req.Version, req.Rack, req.MaxBytes, req.MaxWaitMillis, req.IsolationLevel = 11, adminRack, 1<<30, 0, isolation
	t, p := kmsg.NewFetchRequestTopic(), kmsg.NewFetchRequestTopicPartition()
	t.Topic, p.Partition, p.FetchOffset, p.PartitionMaxBytes, p.CurrentLeaderEpoch = topic, partition, at, 1<<30, -1
	t.Partitions = append(t.Partitions, p)
	req.Topics = append(req.Topics, t)
	res, err := w.ask(w.fake.LeaderFor(topic, partition), req)
	if err != nil {
		return got, err
	}
	got = res.(*kmsg.FetchResponse).Topics[0].Partitions[0]
	return got, kerr.ErrorForCode(got.ErrorCode)
}

// produce writes a record batch with a transactional ID. The answer may have an error code.
func (w *World) produce(id, topic string, partition int32, batch []byte) (got kmsg.ProduceResponseTopicPartition, err error) {
	req := kmsg.NewPtrProduceRequest()
	req.Version, req.TransactionID, req.Acks, req.TimeoutMillis = 7, &id, -1, 5000
	t, p := kmsg.NewProduceRequestTopic(), kmsg.NewProduceRequestTopicPartition()
	t.Topic, p.Partition, p.Records = topic, partition, batch
	t.Partitions = append(t.Partitions, p)
	req.Topics = append(req.Topics, t)
	res, err := w.ask(w.fake.LeaderFor(topic, partition), req)
	if err != nil {
		return got, err
	}
	return res.(*kmsg.ProduceResponse).Topics[0].Partitions[0], nil
}

// decode reads record batches. next is the offset after the last one.
func decode(b []byte, from int64) (out []logged, next int64, err error) {
	var reader recordbatch.Reader
	reader.Reset("", 0, b, from, recordbatch.ReadOptions{})
	for {
		records, err := reader.Next(nil)
		if errors.Is(err, io.EOF) {
			return out, reader.NextOffset(), nil
		}
		if err != nil {
			return out, 0, err
		}
		for _, r := range records {
			out = append(out, logged{r.Offset, numberOf(time.UnixMilli(r.Timestamp)), string(r.Value)})
		}
	}
}

// committed returns what the group has committed, with the metadata.
func (w *World) committed() ([]kmsg.OffsetFetchResponseGroupTopic, error) {
	req := kmsg.NewPtrOffsetFetchRequest()
	req.Version = adminOffsetFetch
	g := kmsg.NewOffsetFetchRequestGroup()
	g.Group = groupID
	req.Groups = append(req.Groups, g)
	res, err := w.ask(w.fake.CoordinatorFor(groupID), req)
	if err != nil {
		return nil, err
	}
	got := res.(*kmsg.OffsetFetchResponse).Groups[0]
	return got.Topics, kerr.ErrorForCode(got.ErrorCode)
}

// adminOffsetFetch is a version that the connector does not speak.
const adminOffsetFetch = 8

// members describes the group.
func (w *World) members() (kmsg.DescribeGroupsResponseGroup, error) {
	if w.plan.byCoordinator() {
		return w.described()
	}
	req := kmsg.NewPtrDescribeGroupsRequest()
	req.Version, req.Groups = 5, []string{groupID}
	res, err := w.ask(w.fake.CoordinatorFor(groupID), req)
	if err != nil {
		return kmsg.DescribeGroupsResponseGroup{}, err
	}
	g := res.(*kmsg.DescribeGroupsResponse).Groups[0]
	return g, kerr.ErrorForCode(g.ErrorCode)
}

// expel takes members out of the group.
func (w *World) expel(ids ...string) error {
	if w.plan.byCoordinator() {
		return w.takeOut(ids...)
	}
	req := kmsg.NewPtrLeaveGroupRequest()
	req.Version, req.Group = 4, groupID
	for _, id := range ids {
		m := kmsg.NewLeaveGroupRequestMember()
		m.MemberID = id
		req.Members = append(req.Members, m)
	}
	_, err := w.ask(w.fake.CoordinatorFor(groupID), req)
	return err
}

// commit commits an offset as Kafka's own tool does: for no member, and without
// metadata. The group must be empty.
func (w *World) commit(topic string, partition int32, offset int64) error {
	req := kmsg.NewPtrOffsetCommitRequest()
	req.Version, req.Group, req.Generation = 8, groupID, -1
	t, p := kmsg.NewOffsetCommitRequestTopic(), kmsg.NewOffsetCommitRequestTopicPartition()
	t.Topic, p.Partition, p.Offset = topic, partition, offset
	t.Partitions = append(t.Partitions, p)
	req.Topics = append(req.Topics, t)
	res, err := w.ask(w.fake.CoordinatorFor(groupID), req)
	if err != nil {
		return err
	}
	return kerr.ErrorForCode(res.(*kmsg.OffsetCommitResponse).Topics[0].Partitions[0].ErrorCode)
}

func (w *World) createTopic(topic string, partitions int32) error {
	req := kmsg.NewPtrCreateTopicsRequest()
	req.Version, req.TimeoutMillis = 5, 5000
	t := kmsg.NewCreateTopicsRequestTopic()
	t.Topic, t.NumPartitions, t.ReplicationFactor = topic, partitions, 1
	req.Topics = append(req.Topics, t)
	res, err := w.ask(controller, req)
	if err != nil {
		return err
	}
	return kerr.ErrorForCode(res.(*kmsg.CreateTopicsResponse).Topics[0].ErrorCode)
}

func (w *World) deleteTopic(topic string) error {
	if info := w.fake.TopicInfo(topic); info != nil {
		w.book.gone(info.TopicID)
	}
	req := kmsg.NewPtrDeleteTopicsRequest()
	req.Version, req.TimeoutMillis, req.TopicNames = 5, 5000, []string{topic}
	res, err := w.ask(controller, req)
	if err != nil {
		return err
	}
	return kerr.ErrorForCode(res.(*kmsg.DeleteTopicsResponse).Topics[0].ErrorCode)
}

func (w *World) growTopic(topic string, partitions int32) error {
	req := kmsg.NewPtrCreatePartitionsRequest()
	req.Version, req.TimeoutMillis = 1, 5000
	t := kmsg.NewCreatePartitionsRequestTopic()
	t.Topic, t.Count = topic, partitions
	req.Topics = append(req.Topics, t)
	res, err := w.ask(controller, req)
	if err != nil {
		return err
	}
	return kerr.ErrorForCode(res.(*kmsg.CreatePartitionsResponse).Topics[0].ErrorCode)
}

func (w *World) trim(topic string, partition int32, offset int64) error {
	req := kmsg.NewPtrDeleteRecordsRequest()
	req.Version, req.TimeoutMillis = 1, 5000
	t, p := kmsg.NewDeleteRecordsRequestTopic(), kmsg.NewDeleteRecordsRequestTopicPartition()
	t.Topic, p.Partition, p.Offset = topic, partition, offset
	t.Partitions = append(t.Partitions, p)
	req.Topics = append(req.Topics, t)
	res, err := w.ask(w.fake.LeaderFor(topic, partition), req)
	if err != nil {
		return err
	}
	return kerr.ErrorForCode(res.(*kmsg.DeleteRecordsResponse).Topics[0].Partitions[0].ErrorCode)
}
