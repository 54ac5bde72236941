package wire

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/segmentio/kafka-go/protocol"

	"github.com/conduitio/conduit-connector-kafka/internal/primitive"
)

// throttle keeps the connection quiet for as long as an answer asks for, however long that
// is (brokers bound it by the length of all quota windows, 11 s by default): the broker
// does not read from it meanwhile (KIP-219), and a request that waits there would run
// into its timeout. Brokers before Kafka 2.0 have waited themselves before they answered.
func (c *Conn) throttle(cl *call, frame []byte) {
	d := throttleTime(cl.key, cl.version, frame)
	if d <= 0 {
		return
	}
	if cl.version >= throttled[cl.key].answersFirst {
		c.mu.Lock()
		c.quietUntil = time.Now().Add(d)
		c.mu.Unlock()
	}
	c.hooks.throttled(d)
}

// throttled are the kinds of requests whose answers begin with the throttle time: the
// first version in which they do, the first that only brokers have which answer before they
// wait (Kafka 2.0 and later), and the first whose header has tagged fields. That of
// ApiVersions never has any, and other fields come before the time.
//
// Produce is not among them. Its answer ends with the throttle time, and is read by
// whoever asked, who paces by it.
var throttled = map[protocol.ApiKey]struct{ since, answersFirst, flexible int16 }{
	protocol.ApiVersions:          {1, 2, math.MaxInt16},
	protocol.Fetch:                {1, 8, 12},
	protocol.ListOffsets:          {2, 3, 6},
	protocol.Metadata:             {3, 6, 9},
	protocol.OffsetCommit:         {3, 4, 8},
	protocol.OffsetFetch:          {3, 4, 6},
	protocol.FindCoordinator:      {1, 2, 3},
	protocol.JoinGroup:            {2, 3, 6},
	protocol.Heartbeat:            {1, 2, 4},
	protocol.LeaveGroup:           {1, 2, 4},
	protocol.SyncGroup:            {1, 2, 4},
	protocol.DescribeGroups:       {1, 2, 5},
	protocol.CreateTopics:         {2, 3, 5},
	protocol.InitProducerId:       {0, 1, 2},
	protocol.OffsetForLeaderEpoch: {2, 2, 4},
	protocol.AddPartitionsToTxn:   {0, 1, 3},
	protocol.AddOffsetsToTxn:      {0, 1, 3},
	protocol.EndTxn:               {0, 1, 3},
	protocol.TxnOffsetCommit:      {0, 1, 3},
	protocol.DescribeConfigs:      {0, 2, 4},
	68:                            {0, 0, 0}, // ConsumerGroupHeartbeat
	69:                            {0, 0, 0}, // ConsumerGroupDescribe
}

// throttleTime reads how long an answer asks the client to be quiet, 0 for not at all.
func throttleTime(key protocol.ApiKey, version int16, frame []byte) time.Duration {
	where, known := throttled[key]
	if !known || version < where.since {
		return 0
	}
	r := primitive.Answer(frame, version >= where.flexible)
	if key == protocol.ApiVersions {
		skipApiVersions(r, version)
	}
	if d := r.Int32(); r.Err() == nil {
		return time.Duration(d) * time.Millisecond
	}
	return 0
}

// skipApiVersions skips what comes before the throttle time of ApiVersions.
func skipApiVersions(r *primitive.Decoder, version int16) {
	const size, firstFlexible = 6, 3
	r.Flexible = version >= firstFlexible
	r.Int16() // error code
	for range r.Count(size) {
		r.Take(size)
		r.End()
	}
}

// awaitQuota waits until the broker takes requests again.
func (c *Conn) awaitQuota(ctx context.Context, key protocol.ApiKey) error {
	for {
		c.mu.Lock()
		wait := time.Until(c.quietUntil)
		c.mu.Unlock()
		if wait <= 0 {
			return nil
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-c.ctx.Done():
			timer.Stop()
			return c.fate()
		case <-ctx.Done():
			timer.Stop()
			return fmt.Errorf("send %s to %s: the broker throttles this client for %s more (a quota): %w",
				key, c.addr, wait.Round(time.Millisecond), ctx.Err())
		}
	}
}
