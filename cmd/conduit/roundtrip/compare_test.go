package main

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/matryer/is"
)

// line is a record as the pipelines leave it in the output.
type line struct {
	number    int
	partition int
	key       string // of the message in Kafka; "" for the one that was generated
	payload   string // in the output; "" for the one that was generated
}

func (l line) String() string {
	key, payload := fmt.Sprintf("key-%d", l.number), fmt.Sprintf(`{"id":%d,"name":"a<b"}`, l.number)
	position := fmt.Sprint(l.number)
	digest := sha256.Sum256([]byte(position + " " + key + " " + payload))
	if l.payload != "" {
		payload = l.payload
	}
	inner := fmt.Sprintf(`{"position":%q,"operation":"create","metadata":{"sha256":"%x"},"key":%q,"payload":{"before":null,"after":%s}}`,
		encode(position), digest, encode(key), payload)
	if l.key != "" {
		key = l.key
	}
	return fmt.Sprintf(`{"position":"e30=","operation":"create","metadata":{"kafka.partition":"%d"},"key":%q,"payload":{"before":null,"after":%q}}`+"\n",
		l.partition, encode(key), encode(inner))
}

func encode(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

func output(lines ...line) string {
	var b strings.Builder
	for _, l := range lines {
		b.WriteString(l.String())
	}
	return b.String()
}

func TestCompareFindsWhatIsWrong(t *testing.T) {
	const records = 3
	one, two, three := line{number: 1}, line{number: 2}, line{number: 3}
	for _, tc := range []struct {
		name    string
		output  string
		want    comparison
		intact  bool
		example string
	}{
		{name: "all records", output: output(one, two, three), want: comparison{lines: 3}, intact: true},
		{
			name:   "partitions in any order",
			output: output(line{number: 2, partition: 1}, one, line{number: 3, partition: 1}),
			want:   comparison{lines: 3}, intact: true,
		},
		{name: "nothing", output: "", want: comparison{missing: 3}, example: "record 1 is missing"},
		{name: "a missing record", output: output(one, three), want: comparison{lines: 2, missing: 1}, example: "record 2 is missing"},
		{
			name: "a repeated record", output: output(one, two, one, three),
			want: comparison{lines: 4, duplicated: 1}, intact: true, example: "line 3: record 1 is repeated",
		},
		{
			name: "a changed payload", output: output(one, line{number: 2, payload: `{"id":2,"name":"b<b"}`}, three),
			want: comparison{lines: 3, changed: 1}, example: "line 2: record 2 doesn't have the SHA-256 of what was generated",
		},
		{
			name: "a changed key in Kafka", output: output(one, line{number: 2, key: "other"}, three),
			want: comparison{lines: 3, changed: 1}, example: `line 2: record 2 has the Kafka key "other", generated was "key-2"`,
		},
		{
			name: "a changed order", output: output(one, three, two),
			want: comparison{lines: 3, misordered: 1}, example: "line 3: record 2 comes after 3 in partition 0",
		},
		{
			name: "a record that was not generated", output: output(one, two, three, line{number: 4}),
			want: comparison{lines: 4, changed: 1}, example: "line 4: has the number 4, 3 were generated",
		},
		{
			name: "a line that is no record", output: output(one, two) + "{}x\n",
			want: comparison{lines: 3, changed: 1, missing: 1}, example: "line 3: is no record: invalid character 'x' after top-level value",
		},
		{
			name: "a line that was cut off", output: strings.TrimSuffix(output(one, two, three), "\n"),
			want: comparison{lines: 2, missing: 1}, example: "record 3 is missing",
		},
		{
			name: "two faults that make the count right", output: output(one, two, two),
			want: comparison{lines: 3, duplicated: 1, missing: 1}, example: "line 3: record 2 is repeated",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			is := is.New(t)
			got, err := compare(strings.NewReader(tc.output), records)
			is.NoErr(err)
			is.Equal(got.intact(), tc.intact)
			if tc.example != "" {
				is.True(len(got.examples) > 0)
				is.Equal(got.examples[0], tc.example)
			}
			got.examples = nil
			is.Equal(got, tc.want)
		})
	}
}
