package groupadmin

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
)

// ReadCSV reads offsets as kafka-consumer-groups.sh exports those of one group: lines of
// topic,partition,offset.
func ReadCSV(from io.Reader) (map[message.TopicPartition]int64, error) {
	r := csv.NewReader(from)
	r.FieldsPerRecord = -1
	out := make(map[message.TopicPartition]int64)
	for {
		fields, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err // names the line
		}
		line, _ := r.FieldPos(0)
		if len(fields) != 3 {
			return nil, fmt.Errorf("line %d has %d fields, and is to have topic,partition,offset, for example orders,0,1500", line, len(fields))
		}
		partition, err := strconv.ParseInt(fields[1], 10, 32)
		if err != nil || partition < 0 {
			return nil, fmt.Errorf("line %d: %q is not the number of a partition", line, fields[1])
		}
		offset, err := strconv.ParseInt(fields[2], 10, 64)
		if err != nil || offset < 0 {
			return nil, fmt.Errorf("line %d: %q is not an offset: a number of 0 or more", line, fields[2])
		}
		p := message.TopicPartition{Topic: fields[0], Partition: int32(partition)}
		if _, before := out[p]; before {
			return nil, fmt.Errorf("line %d: %s/%d has an offset already", line, p.Topic, p.Partition)
		}
		out[p] = offset
	}
	if len(out) == 0 {
		return nil, errors.New("it has no offsets: lines of topic,partition,offset")
	}
	return out, nil
}

// WriteCSV writes where moves lead, for ReadCSV and kafka-consumer-groups.sh.
func WriteCSV(to io.Writer, moves []Move) error {
	w := csv.NewWriter(to)
	for _, m := range moves {
		if err := w.Write([]string{m.Topic, strconv.Itoa(int(m.Partition)), strconv.FormatInt(m.To, 10)}); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}
