package consumer

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

// Each request that the coordinator knows a member by carries its instance ID.
func TestAllRequestsOfAStaticMemberCarryItsName(t *testing.T) {
	w := newWorld(t)
	var mu sync.Mutex
	names := map[string]map[string]bool{}
	for _, key := range []kmsg.Key{kmsg.JoinGroup, kmsg.SyncGroup, kmsg.Heartbeat, kmsg.OffsetCommit, kmsg.LeaveGroup} {
		w.fake.ControlKey(int16(key), func(req kmsg.Request) (kmsg.Response, error, bool) {
			w.fake.KeepControl()
			var id *string
			switch r := req.(type) {
			case *kmsg.JoinGroupRequest:
				id = r.InstanceID
			case *kmsg.SyncGroupRequest:
				id = r.InstanceID
			case *kmsg.HeartbeatRequest:
				id = r.InstanceID
			case *kmsg.OffsetCommitRequest:
				id = r.InstanceID
			}
			name := "none"
			if id != nil {
				name = *id
			}
			mu.Lock()
			defer mu.Unlock()
			if names[key.Name()] == nil {
				names[key.Name()] = map[string]bool{}
			}
			names[key.Name()][name] = true
			return nil, nil, false
		})
	}
	seen := func() string {
		mu.Lock()
		defer mu.Unlock()
		s := fmt.Sprint(names)
		clear(names)
		return s
	}
	w.produce(3)
	for instance, want := range map[string]string{
		"me": "map[Heartbeat:map[me:true] JoinGroup:map[me:true] OffsetCommit:map[me:true] SyncGroup:map[me:true]]", // and it does not leave
		"":   "map[Heartbeat:map[none:true] JoinGroup:map[none:true] LeaveGroup:map[none:true] OffsetCommit:map[none:true] SyncGroup:map[none:true]]",
	} {
		c := w.open(func(c *Config) {
			c.Group.InstanceID = instance
			c.Group.GroupID = "g" + instance
		})
		ack(c, w.next(c, 3)...)
		for w.ctx.Err() == nil {
			mu.Lock()
			beating := names["Heartbeat"] != nil
			mu.Unlock()
			if beating {
				break
			}
		}
		w.NoErr(c.Close(w.ctx))
		w.Equal(seen(), want)
	}
}

// A static member gets the partitions back that it had, though one of them is gone.
func TestStaticMemberReadsTheOthersWhereAPartitionIsGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	static := func(c *Config) {
		c.Group.InstanceID, c.Group.SessionTimeout, c.FromBeginning = "me", time.Minute, true
		c.Group.MetadataInterval = time.Hour // nobody notices
	}
	c := w.open(static)
	w.committed(map[int32]int64{0: 0, 1: 0, 2: 0}) // it has begun
	w.NoErr(c.Close(w.ctx))
	w.NoErr(w.truth.DeleteTopic(w.ctx, topic))
	w.NoErr(w.truth.CreateTopic(w.ctx, topic, partitions-1, nil))
	fresh, err := kclient.New(w.fake.ListenAddrs())
	w.NoErr(err)
	defer fresh.Close()
	w.NoErr(fresh.Produce(w.ctx, &kgo.Record{Topic: topic, Partition: 0, Value: []byte("1")}, &kgo.Record{Topic: topic, Partition: 1, Value: []byte("2")}))
	c = w.open(static)
	defer c.Close(w.ctx)
	got := w.next(c, 2)
	slices.Sort(got)
	w.Equal(got, []int{1, 2})
}
