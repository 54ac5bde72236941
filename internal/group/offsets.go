package group

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol/offsetcommit"
	"github.com/segmentio/kafka-go/protocol/offsetfetch"

	"github.com/conduitio/conduit-connector-kafka/internal/acl"
	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/wire"
)

// Offset is what a group has committed for a partition, or is to.
type Offset struct {
	At          int64 // the next record to read; -1 when nothing is committed
	LeaderEpoch int32 // of the last record read; -1 unknown
	Metadata    string
	// TopicID is that of the topic which has the offset, where it is to be committed; zero:
	// unknown.
	TopicID cluster.TopicID
}

// Offsets by topic and partition.
type Offsets map[string]map[int32]Offset

// Set adds or replaces the offset of a partition.
func (o Offsets) Set(topic string, partition int32, at Offset) {
	if o[topic] == nil {
		o[topic] = make(map[int32]Offset)
	}
	o[topic][partition] = at
}

func (o Offsets) partitions() Partitions {
	p := Partitions{}
	for topic, ids := range o {
		p[topic] = slices.Sorted(maps.Keys(ids))
	}
	return p
}

// Generation is the group's generation that the member is in, -1 for none.
func (s *session) Generation() int32 {
	_, generation := s.identity()
	return generation
}

// Commit commits offsets under the generation in which they were collected: the
// coordinator refuses them if the group has moved on meanwhile, and then they
// may be another member's business. It returns the offsets that were taken and
// the first error of the others.
func (s *session) Commit(ctx context.Context, generation int32, offsets Offsets) (Offsets, error) {
	if generation < 0 {
		return nil, s.errorf("commit offsets of", kafkago.RebalanceInProgress)
	}
	memberID, _ := s.identity()
	return s.commit(ctx, &commitRequest{s.cfg.GroupID, memberID, s.cfg.InstanceID, generation, offsets, commitByID}, sendClassicCommit)
}

// CommitAlone is Commit for a group that has no members: the coordinator refuses it, with
// UNKNOWN_MEMBER_ID, if there is one.
func (s *session) CommitAlone(ctx context.Context, offsets Offsets) (Offsets, error) {
	return s.commit(ctx, &commitRequest{s.cfg.GroupID, "", "", -1, offsets, commitByID}, sendClassicCommit)
}

// sendCommit sends OffsetCommit in a version that the member's protocol takes.
type sendCommit func(context.Context, *wire.Conn, *commitRequest) ([]commitAnswer, error)

func (s *session) commit(ctx context.Context, req *commitRequest, send sendCommit) (Offsets, error) {
	conn, err := s.connect(ctx, cluster.Commit)
	var answers []commitAnswer
	if err == nil {
		answers, err = send(ctx, conn, req)
	}
	if err != nil {
		s.leaveCoordinator()
		return nil, s.errorf("commit offsets of", err)
	}
	return s.taken(req.offsets, answers)
}

// sendClassicCommit sends a request in the version that names topics by their IDs, or else
// in an older one.
func sendClassicCommit(ctx context.Context, conn *wire.Conn, req *commitRequest) ([]commitAnswer, error) {
	if _, ok := conn.VersionOf(req); !ok {
		return sendOlderCommit(ctx, conn, req)
	}
	answers, err := sendNewerCommit(ctx, conn, req)
	asBefore(answers, req.epoch)
	return answers, err
}

// asBefore gives a generation that has ended with its group the code that it had before
// version 9.
func asBefore(answers []commitAnswer, generation int32) {
	for i := range answers {
		if a := &answers[i]; generation >= 0 && a.code == int16(kafkago.GroupIdNotFound) {
			a.code = int16(kafkago.IllegalGeneration)
		}
	}
}

// sendNewerCommit sends a request in the versions that kafka-go lacks.
func sendNewerCommit(ctx context.Context, conn *wire.Conn, req *commitRequest) ([]commitAnswer, error) {
	return exchange(ctx, conn, req, req.read)
}

// sendOlderCommit sends a request in the versions that kafka-go has, which go by names.
func sendOlderCommit(ctx context.Context, conn *wire.Conn, r *commitRequest) ([]commitAnswer, error) {
	req := &offsetcommit.Request{
		GroupID: r.group, GenerationID: r.epoch, MemberID: r.member, GroupInstanceID: r.instance, RetentionTimeMs: -1,
	}
	for topic, parts := range r.offsets {
		t := offsetcommit.RequestTopic{Name: topic}
		for p, o := range parts {
			t.Partitions = append(t.Partitions, offsetcommit.RequestPartition{
				PartitionIndex:       p,
				CommittedOffset:      o.At,
				CommittedLeaderEpoch: o.LeaderEpoch,
				CommittedMetadata:    o.Metadata,
			})
		}
		req.Topics = append(req.Topics, t)
	}
	msg, err := conn.RoundTrip(ctx, req)
	if err != nil {
		return nil, err
	}
	var answers []commitAnswer
	for _, t := range msg.(*offsetcommit.Response).Topics {
		for _, p := range t.Partitions {
			answers = append(answers, commitAnswer{t.Name, p.PartitionIndex, p.ErrorCode})
		}
	}
	return answers, nil
}

// commitAnswer is what the coordinator says of the offset of a partition.
type commitAnswer struct {
	topic     string
	partition int32
	code      int16
}

// taken returns the offsets that the coordinator took, and the first error of the others:
// rather the one that stands as long as the same metadata is sent than any else.
func (s *session) taken(offsets Offsets, answers []commitAnswer) (Offsets, error) {
	taken := Offsets{}
	var first error
	for _, a := range answers {
		at, asked := offsets[a.topic][a.partition]
		err := cluster.CodeError(a.code)
		prior := errors.Is(err, kafkago.OffsetMetadataTooLarge) && !errors.Is(first, kafkago.OffsetMetadataTooLarge)
		switch {
		case !asked:
		case err == nil:
			taken.Set(a.topic, a.partition, at)
		case first == nil || prior:
			first = fmt.Errorf("commit offset of %s/%d in group %q: %w", a.topic, a.partition, s.cfg.GroupID, s.explain(err, a.topic))
			if cluster.Retriable(err) {
				s.leaveCoordinator()
			}
		}
	}
	if first == nil {
		first = s.unmentioned("commit offset of", offsets.partitions(), taken)
	}
	return taken, first
}

// explain is client.Explain for an answer about a partition: the group may be what is
// refused, or the topic.
func (s *session) explain(err error, topic string) error {
	if errors.Is(err, kafkago.TopicAuthorizationFailed) {
		return s.client.Explain(err, acl.OnTopics("Read", topic))
	}
	return s.client.Explain(err, acl.OnGroup(s.cfg.GroupID))
}

// unmentioned says of which partition an answer is silent.
func (s *session) unmentioned(what string, asked Partitions, answered Offsets) error {
	for _, topic := range asked.Topics() {
		for _, id := range asked[topic] {
			if _, ok := answered[topic][id]; !ok {
				return fmt.Errorf("%s %s/%d in group %q: the coordinator's answer does not mention it", what, topic, id, s.cfg.GroupID)
			}
		}
	}
	return nil
}

// Committed asks what the group has committed for partitions, nil for all. It tries
// again until ctx ends, except after errors that stay, and warns of every tenth attempt in
// vain, the first one included. Where the login may not describe some of the topics the
// error is a *DeniedError, and the offsets of the others come with it.
func (s *session) Committed(ctx context.Context, p Partitions) (Offsets, error) {
	retry := cluster.NewRetry(50*time.Millisecond, time.Second)
	for misses := 0; ; misses++ {
		o, err := s.committed(ctx, p)
		if err == nil {
			return o, nil
		}
		if !cluster.Retriable(err) {
			return o, s.errorf("fetch committed offsets of", err)
		}
		if misses%10 == 0 && ctx.Err() == nil {
			s.cfg.Warn("fetch committed offsets, trying again", err)
		}
		s.leaveCoordinator()
		if !retry.Wait(ctx) {
			return nil, s.errorf("fetch committed offsets of", err)
		}
	}
}

// firstWithEpoch is the version of OffsetFetch that brings leader epochs (KIP-320).
const firstWithEpoch = 5

func (s *session) committed(ctx context.Context, p Partitions) (Offsets, error) {
	fetch := s.fetchOffsets
	if s.cfg.Protocol == Consumer {
		fetch = s.fetchStable
	}
	res, err := fetch(ctx, p)
	if err != nil {
		return nil, err
	}
	out := Offsets{}
	switch err := cluster.CodeError(res.ErrorCode); {
	case p == nil && errors.Is(err, kafkago.GroupIdNotFound): // it has committed nothing
		return out, nil
	case err != nil:
		return nil, err
	}
	denied, err := out.read(res)
	if err != nil {
		return nil, err
	}
	// "Nothing committed" must not be what a silent answer means: reading would
	// start elsewhere.
	err = s.unmentioned("fetch committed offset of", p.without(denied), out)
	if err == nil && len(denied) > 0 {
		err = s.client.Explain(&DeniedError{denied}, acl.OnTopics("Read", denied...))
	}
	return out, err
}

// fetchOffsets asks in the versions that kafka-go has. An epoch that is not in the answer is
// -1.
func (s *session) fetchOffsets(ctx context.Context, p Partitions) (*offsetfetch.Response, error) {
	req := &offsetfetch.Request{GroupID: s.cfg.GroupID}
	if p != nil {
		req.Topics = []offsetfetch.RequestTopic{} // none, as opposed to all
	}
	for topic, ids := range p {
		req.Topics = append(req.Topics, offsetfetch.RequestTopic{Name: topic, PartitionIndexes: ids})
	}
	conn, err := s.connect(ctx, cluster.Commit)
	if err != nil {
		return nil, err
	}
	msg, err := conn.RoundTrip(ctx, req)
	if err != nil {
		return nil, err
	}
	res := msg.(*offsetfetch.Response)
	if version, _ := conn.Version(req.ApiKey()); version < firstWithEpoch {
		for _, t := range res.Topics {
			for i := range t.Partitions {
				t.Partitions[i].ComittedLeaderEpoch = -1
			}
		}
	}
	return res, nil
}

// read takes over the offsets of an answer, and returns the topics that are denied.
func (o Offsets) read(res *offsetfetch.Response) (denied []string, err error) {
	for _, t := range res.Topics {
		for _, p := range t.Partitions {
			err := cluster.CodeError(p.ErrorCode)
			switch {
			case errors.Is(err, kafkago.TopicAuthorizationFailed):
				if !slices.Contains(denied, t.Name) {
					denied = append(denied, t.Name)
				}
				continue
			case err != nil:
				return nil, fmt.Errorf("%s/%d: %w", t.Name, p.PartitionIndex, err)
			}
			at := Offset{At: p.CommittedOffset, LeaderEpoch: p.ComittedLeaderEpoch, Metadata: p.Metadata}
			o.Set(t.Name, p.PartitionIndex, at)
		}
	}
	for _, name := range denied {
		delete(o, name)
	}
	return denied, nil
}
