package main

import (
	"encoding/base64"
	"fmt"
	"testing"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kgo"
)

// topicOf makes the partitions of a topic of the numbers in each.
func topicOf(format string, partitions ...[]int) (out []*kgo.Record) {
	for p, numbers := range partitions {
		for offset, n := range numbers {
			value := fmt.Appendf(nil, format, n)
			if format == "dead" {
				value = fmt.Appendf(nil, `{"payload":{"after":"%s"}}`, base64Of(n))
			}
			out = append(out, &kgo.Record{Partition: int32(p), Offset: int64(offset), Value: value})
		}
	}
	return out
}

func base64Of(n int) string { return base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "%d ", n)) }

func TestAccountOfWhatTheCopyHolds(t *testing.T) {
	o := options{partitions: 2, bad: 4}
	marks := []map[int32]int64{{0: 1, 1: 1}, {0: 4, 1: 4}}
	for name, c := range map[string]struct {
		copied [][]int
		dead   []int
		want   account
	}{
		"all": {[][]int{{0, 2, 4, 6}, {1, 5}}, []int{3, 7}, account{dead: 2, repeats: []int{0, 0}}},
		"lost": {[][]int{{0, 4, 6}, {1, 5}}, []int{3},
			account{dead: 1, lost: 2, missing: []int{2, 7}, repeats: []int{0, 0}}},
		"twice, each counted for the ending before it": {[][]int{{0, 0, 2, 4, 4, 6}, {1, 5}}, []int{3, 3, 7},
			account{dead: 2, deadTwice: 1, twice: 2, repeats: []int{1, 1}}},
		"dead beside one that can't be written": {[][]int{{0, 2, 6}, {1, 5}}, []int{3, 4, 7, 6},
			account{dead: 2, deadBeside: 1, deadTwice: 1, repeats: []int{0, 0}}},
		"out of order": {[][]int{{0, 4, 2, 6}, {1, 5}}, []int{3, 7},
			account{dead: 2, disorder: 1, repeats: []int{0, 0}}},
		"in another partition": {[][]int{{0, 2, 4}, {1, 5, 6}}, []int{3, 7},
			account{dead: 2, disorder: 1, repeats: []int{0, 0}}},
		"read again from a place before": {[][]int{{0, 2, 4, 2, 4, 6}, {1, 5}}, []int{3, 7},
			account{dead: 2, twice: 2, repeats: []int{1, 1}}},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			got, err := o.count(topicOf("%d ", c.copied...), topicOf("dead", c.dead), 8, marks)
			is.NoErr(err)
			c.want.written = 8
			is.Equal(got, c.want)
		})
	}
}

func TestAccountRefusesWhatWasNotWritten(t *testing.T) {
	is := is.New(t)
	o := options{partitions: 1, bad: 4}
	for want, c := range map[string]struct{ copied, dead []*kgo.Record }{
		"record 8 was not written":     {copied: topicOf("%d ", []int{8})},
		`a record has the value "x0 "`: {copied: topicOf("x%d ", []int{0})},
		"record 9 was not written":     {dead: topicOf("dead", []int{9})},
	} {
		_, err := o.count(c.copied, c.dead, 8, nil)
		is.True(err != nil)
		is.Equal(err.Error(), want)
	}
}

func TestRecordNumbersAreReadBack(t *testing.T) {
	is := is.New(t)
	o := options{partitions: 3, bad: 10}
	for n, size := range map[int]int{0: recordSize, 8: recordSize, 9: badSize, 12345: recordSize} {
		r := o.record("t", n)
		got, err := numberOf(r.Value)
		is.NoErr(err)
		is.Equal(got, n)
		is.Equal(len(r.Value), size)
		is.Equal(int(r.Partition), n%3)
	}
}
