package groupadmin

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/wire"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
	"github.com/conduitio/conduit-connector-kafka/test/expect"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

const topic = "orders"

// world is a cluster with ten records in each of two partitions, of minutes 0 to 9, and
// a group that has committed 4 for the first one.
type world struct {
	*is.I
	t     *testing.T
	ctx   context.Context
	fake  *kfake.Cluster
	truth *kclient.Client
	admin *Admin
}

var began = time.UnixMilli(1_800_000_000_000)

func newWorld(t *testing.T) *world {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	w := &world{I: is.New(t), t: t, ctx: ctx, fake: embedded.Start(t, kfake.SeedTopics(2, topic))}
	var err error
	w.truth, err = kclient.New(w.fake.ListenAddrs())
	w.NoErr(err)
	t.Cleanup(w.truth.Close)
	for minute := range 10 {
		for id := range int32(2) {
			w.NoErr(w.truth.Produce(ctx, &kgo.Record{Topic: topic, Partition: id, Timestamp: began.Add(time.Duration(minute) * time.Minute), Value: []byte("v")}))
		}
	}
	w.NoErr(w.truth.Commit(ctx, "g", topic, map[int32]int64{0: 4}))
	client := cluster.New(w.fake.ListenAddrs(), wire.Config{ClientID: "test", DialTimeout: 10 * time.Second, RequestTimeout: 10 * time.Second})
	t.Cleanup(client.Close)
	w.admin = &Admin{Client: client, GroupID: "g", ReadCommitted: true}
	return w
}

func (w *world) describe() Standing {
	w.t.Helper()
	s, err := w.admin.Describe(w.ctx, []string{topic})
	w.NoErr(err)
	return s
}

// join makes a consumer of another client a member that has all partitions.
func (w *world) join(ctx context.Context) {
	cl, err := kgo.NewClient(kgo.SeedBrokers(w.fake.ListenAddrs()...), kgo.WithContext(ctx), kgo.ConsumerGroup("g"), kgo.ConsumeTopics(topic), kgo.ClientID("other"), kgo.DisableAutoCommit())
	w.NoErr(err)
	w.t.Cleanup(cl.Close)
	fetches := cl.PollRecords(w.ctx, 1)
	w.NoErr(fetches.Err())
}

func TestDescribesWhereAGroupStands(t *testing.T) {
	w := newWorld(t)
	s := w.describe()
	w.Equal(s.State, "Empty")
	w.Equal(len(s.Members), 0)
	w.Equal(len(s.Partitions), 2)
	first, second := s.Partitions[0], s.Partitions[1]
	w.Equal(first, Partition{message.TopicPartition{Topic: topic}, 4, 0, 10, nil, nil})
	w.Equal(first.Lag(), int64(6))
	w.Equal(second.Committed, int64(-1))
	w.Equal(second.Lag(), int64(-1))

	w.admin.GroupID = "nobody ever"
	w.Equal(w.describe().State, "Dead")
}

func TestDescribesTopicsThatAreNotThere(t *testing.T) {
	w := newWorld(t)
	s, err := w.admin.Describe(w.ctx, []string{"gone"})
	w.NoErr(err)
	w.Equal(len(s.Partitions), 2) // that the group has committed for, and the topic that is gone
	w.Equal(s.Partitions[0].Topic, "gone")
	expect.Error(t, s.Partitions[0].Err, "gone")
	w.Equal(s.Partitions[1].TopicPartition, message.TopicPartition{Topic: topic})

	_, err = w.admin.Plan(w.ctx, s.Partitions, Target{Place: AtEarliest})
	expect.Error(t, err, "gone: ")
	_, err = Select(s.Partitions, map[string][]int32{topic: {0, 7}, "other": nil})
	expect.Error(t, err, "orders/7: the source reads no such partition", "other: the source does not read such a topic")
}

func TestMembersOfEitherProtocolStandInTheWay(t *testing.T) {
	for name, ctx := range map[string]context.Context{
		"classic": context.Background(),
		"KIP-848": context.WithValue(context.Background(), "opt_in_kafka_next_gen_balancer_beta", true), //nolint:revive,staticcheck // franz-go has it so
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.join(ctx)
			s := w.describe()
			for ; len(s.Members) != 1 || s.Members[0].Partitions.Len() != 2; s = w.describe() { // its next heartbeat says so
				w.NoErr(w.ctx.Err())
				time.Sleep(10 * time.Millisecond)
			}
			w.Equal(s.State, "Stable")
			w.Equal(s.Members[0].ClientID, "other")
			if name == "classic" { // the fake leaves out the names of topics in the other one
				w.Equal(s.Members[0].Partitions[topic], []int32{0, 1})
				w.Equal(s.Partitions[len(s.Partitions)-1].Member, &s.Members[0])
			}

			err := w.admin.Inactive(s.Description)
			expect.Error(t, err, `group "g" is stable`, s.Members[0].ID, s.Members[0].Host)
			var active *ActiveError
			w.True(errors.As(err, &active))

			// One that came after the look is found by the coordinator.
			err = w.admin.Reset(w.ctx, []Move{{TopicPartition: message.TopicPartition{Topic: topic}, To: 0}})
			w.True(errors.As(err, &active))
			got, err := w.truth.Committed(w.ctx, "g", topic)
			w.NoErr(err)
			w.Equal(got[0], int64(4))
		})
	}
}

func TestPlansAndResets(t *testing.T) {
	at := func(minute int) time.Time { return began.Add(time.Duration(minute) * time.Minute) }
	named := func(offset int64) map[message.TopicPartition]int64 {
		return map[message.TopicPartition]int64{{Topic: topic, Partition: 1}: offset}
	}
	for name, c := range map[string]struct {
		to    Target
		want  map[int32]int64
		notes string
	}{
		"earliest":              {Target{Place: AtEarliest}, map[int32]int64{0: 2, 1: 0}, ""},
		"latest":                {Target{Place: AtLatest}, map[int32]int64{0: 10, 1: 10}, ""},
		"offset":                {Target{Place: AtOffset, Offset: 7}, map[int32]int64{0: 7, 1: 7}, ""},
		"offset before a start": {Target{Place: AtOffset, Offset: 1}, map[int32]int64{0: 2, 1: 1}, "1 is before the first record"},
		"offset after the end":  {Target{Place: AtOffset, Offset: 70}, map[int32]int64{0: 10, 1: 10}, "70 is after the end"},
		"time":                  {Target{Place: AtTime, Time: at(5)}, map[int32]int64{0: 5, 1: 5}, ""},
		"time between records":  {Target{Place: AtTime, Time: at(5).Add(time.Second)}, map[int32]int64{0: 6, 1: 6}, ""},
		"time after all":        {Target{Place: AtTime, Time: at(50)}, map[int32]int64{0: 10, 1: 10}, "the end"},
		"file":                  {Target{Place: AtNamed, Named: named(3)}, map[int32]int64{0: 4, 1: 3}, ""},
		"file, after the end":   {Target{Place: AtNamed, Named: named(11)}, map[int32]int64{0: 4, 1: 10}, "11 is after the end"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.NoErr(w.truth.DeleteRecords(w.ctx, topic, 0, 2))
			moves, err := w.admin.Plan(w.ctx, w.describe().Partitions, c.to)
			w.NoErr(err)
			got, err := w.truth.Committed(w.ctx, "g", topic)
			w.NoErr(err)
			w.Equal(got, map[int32]int64{0: 4}) // it is a plan
			expect.Text(t, fmt.Sprint(moves), c.notes)

			w.NoErr(w.admin.Reset(w.ctx, moves))
			got, err = w.truth.Committed(w.ctx, "g", topic)
			w.NoErr(err)
			w.Equal(got, c.want)
		})
	}
}

func TestShiftsFromWhatIsCommitted(t *testing.T) {
	for shift, want := range map[int64]int64{2: 6, -3: 1, -9: 0, 100: 10, 0: 4} {
		w := newWorld(t)
		partitions := w.describe().Partitions
		moves, err := w.admin.Plan(w.ctx, partitions[:1], Target{Place: ByShift, Shift: shift})
		w.NoErr(err)
		w.Equal(moves[0].From, int64(4))
		w.Equal(moves[0].To, want)
		_, err = w.admin.Plan(w.ctx, partitions, Target{Place: ByShift, Shift: shift})
		expect.Error(t, err, "orders/1: the group has committed nothing")
	}
}

// A transaction that is open has records before the high watermark, which the group has
// yet to read.
func TestLatestIsBeforeOpenTransactions(t *testing.T) {
	w := newWorld(t)
	cl, err := kgo.NewClient(kgo.SeedBrokers(w.fake.ListenAddrs()...), kgo.TransactionalID("open"), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	w.NoErr(err)
	defer cl.Close()
	w.NoErr(cl.BeginTransaction())
	w.NoErr(cl.ProduceSync(w.ctx, &kgo.Record{Topic: topic, Partition: 1, Value: []byte("open")}).FirstErr())
	for _, to := range []Target{{Place: AtLatest}, {Place: AtTime, Time: began.Add(time.Hour)}} {
		moves, err := w.admin.Plan(w.ctx, w.describe().Partitions, to)
		w.NoErr(err)
		w.Equal(moves[1].To, int64(10))
	}
	w.admin.ReadCommitted = false
	moves, err := w.admin.Plan(w.ctx, w.describe().Partitions, Target{Place: AtLatest})
	w.NoErr(err)
	w.Equal(moves[1].To, int64(11))
}

func TestErrorsThatPassAreWaitedOut(t *testing.T) {
	w := newWorld(t)
	for _, key := range []kmsg.Key{kmsg.FindCoordinator, kmsg.DescribeGroups, kmsg.OffsetFetch, kmsg.ListOffsets, kmsg.OffsetCommit} {
		embedded.Disconnect(w.fake, int16(key), 1)
	}
	moves, err := w.admin.Plan(w.ctx, w.describe().Partitions, Target{Place: AtEarliest})
	w.NoErr(err)
	w.NoErr(w.admin.Reset(w.ctx, moves))
	got, err := w.truth.Committed(w.ctx, "g", topic)
	w.NoErr(err)
	w.Equal(got, map[int32]int64{0: 0, 1: 0})
}

func TestARefusalNamesTheRight(t *testing.T) {
	w := newWorld(t)
	w.fake.ControlKey(int16(kmsg.DescribeGroups), func(req kmsg.Request) (kmsg.Response, error, bool) {
		w.fake.KeepControl()
		res := req.ResponseKind().(*kmsg.DescribeGroupsResponse)
		g := kmsg.NewDescribeGroupsResponseGroup()
		g.Group, g.ErrorCode = "g", kerr.GroupAuthorizationFailed.Code
		res.Groups = append(res.Groups, g)
		return res, nil, true
	})
	_, err := w.admin.Describe(w.ctx, []string{topic})
	expect.Error(t, err, `describe group "g"`, "Describe")
}

func TestFilesAreReadAsTheyAreWritten(t *testing.T) {
	is := is.New(t)
	var file strings.Builder
	is.NoErr(WriteCSV(&file, []Move{{TopicPartition: message.TopicPartition{Topic: "a,b", Partition: 3}, To: 5}, {TopicPartition: message.TopicPartition{Topic: topic}, To: 0}}))
	got, err := ReadCSV(strings.NewReader(file.String()))
	is.NoErr(err)
	is.Equal(got, map[message.TopicPartition]int64{{Topic: "a,b", Partition: 3}: 5, {Topic: topic}: 0})
	for text, says := range map[string]string{
		"":                           "no offsets",
		"orders,0":                   "line 1 has 2 fields",
		"orders,0,1\ng,orders,0,5":   "line 2 has 4 fields",
		"orders,x,1":                 `"x" is not the number of a partition`,
		"orders,0,-1":                `"-1" is not an offset`,
		"orders,0,1\n\norders,0,2\n": "line 3: orders/0 has an offset already",
		"\"orders,0,1":               "line 1",
	} {
		_, err := ReadCSV(strings.NewReader(text))
		expect.Error(t, err, says)
	}
}
