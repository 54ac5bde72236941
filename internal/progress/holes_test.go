package progress

import (
	"math/rand"
	"strings"
	"testing"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
)

// A source reads again and again from before what is not written, a processor makes up to
// three records of one, and any of them fail: each counts as done when it was written, and
// not before.
func TestTableKnowsWhatWasWrittenWhateverFails(t *testing.T) {
	const end, most = 60, 3
	for seed := range int64(200) {
		rnd := rand.New(rand.NewSource(seed))
		var all []Spot
		for offset := range int64(end) {
			for i := range rnd.Intn(most + 1) {
				all = append(all, Spot{offset, i + 1})
			}
		}
		written := make(map[Spot]bool)
		stored := none
		for session := 0; session < 30 && len(written) < len(all); session++ {
			run := &Run{Key: Key{Group: "g"}}
			table := one(run)
			table.Set(Key{ID: "to", Group: "g"}, stored)
			next := rnd.Intn(len(all))
			for i, s := range all {
				if !written[s] {
					next = min(next, i)
				}
			}
			for next > 0 && all[next-1].Offset == all[next].Offset {
				next--
			}
			for next < len(all) && rnd.Intn(10) > 0 {
				batch := all[next:min(len(all), next+1+rnd.Intn(8))]
				next += len(batch)
				if rnd.Intn(6) == 0 {
					for _, s := range batch {
						table.Miss([]byte{0, byte(s.Offset)})
					}
					continue
				}
				var messages []message.Message
				for _, s := range batch {
					messages = append(messages, message.Message{Position: []byte{0, byte(s.Offset)}})
				}
				places, err := table.Places(messages, nil)
				if err != nil {
					t.Fatal(err)
				}
				table.Review(places)
				for i, p := range places {
					if p.spot() != batch[i] || p.Done != written[batch[i]] {
						t.Fatalf("seed %d, session %d: %+v is done: %t", seed, session, p.Mark, p.Done)
					}
				}
				n := len(batch)
				if rnd.Intn(3) == 0 {
					n = rnd.Intn(n + 1)
				}
				out, err := table.Messages("progress", places[:n], 0, nil)
				if err != nil {
					t.Fatal(err)
				}
				for _, m := range out {
					if _, stored, err = parse(m.Key, m.Value); err != nil {
						t.Fatal(err)
					}
				}
				table.Written(places[:n])
				if n < len(batch) {
					table.Left(messages[n:], places[n:])
				}
				for _, s := range batch[:n] {
					written[s] = true
				}
				table.left = nil // Conduit gives none again before a restart
			}
		}
	}
}

func TestTableForgetsWhatFailedBeforeTheSourceBegins(t *testing.T) {
	is := is.New(t)
	table := one(&Run{Key: Key{Group: "g"}})
	table.Set(Key{ID: "to", Group: "g"}, Progress{Mark{9, 1, 0}, holes{{Spot{3, 1}, Spot{3, 1}}, {Spot{5, 1}, Spot{7, 1}}}})
	places(t, table, [2]byte{0, 6})
	is.Equal(table.of(Key{ID: "to", Group: "g"}).failed, holes{{Spot{6, 0}, Spot{7, 1}}})
}

func TestTableTakesATransactionThatWasCommittedForWhatItIs(t *testing.T) {
	is := is.New(t)
	table, k := one(&Run{Key: Key{Group: "g"}}), Key{ID: "to", Group: "g"}
	batch := []message.Message{{Position: []byte{0, 3}}, {Position: []byte{0, 4}}}
	got, err := table.Places(batch, nil)
	is.NoErr(err)
	table.Left(batch, got) // nobody knows
	table.Set(k, Progress{Mark: Mark{3, 1, 0}})
	table.Review(got)
	is.Equal([]bool{got[0].Done, got[1].Done}, []bool{true, false})
	is.Equal(table.of(k).failed, holes{{Spot{3, 2}, Spot{4, 1}}})
}

func TestTableEndsWhenTooMuchHasFailed(t *testing.T) {
	is := is.New(t)
	k := Key{ID: "to", Group: "g", Topic: "orders"}
	run := &Run{Key: Key{Group: "g", Topic: "orders"}}
	p := Progress{Mark: Mark{5000, 1, 0}}
	for i := range int64(maxHoles) {
		p.Failed = append(p.Failed, Hole{Spot{i*2 + 1, 1}, Spot{i*2 + 1, 1}})
	}
	table := NewTable("to", func(position []byte) (*Run, int64, error) { return run, int64(position[0]) * 100, nil })
	table.Set(k, p)
	send := func(offset byte) error {
		got, err := table.Places([]message.Message{{Position: []byte{offset}}}, nil)
		is.NoErr(err)
		table.Review(got)
		_, err = table.Messages("progress", got, 0, nil)
		return err
	}
	is.NoErr(send(0))
	table.Miss([]byte{51})
	err := send(52)
	is.True(err != nil)
	is.True(strings.Contains(err.Error(), "orders/0"))
}
