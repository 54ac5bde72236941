package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"

	kafka "github.com/conduitio/conduit-connector-kafka"
	"github.com/conduitio/conduit-connector-kafka/internal/groupadmin"
)

// offsetsOutput prints tables with the columns of kafka-consumer-groups.sh, or JSON.
type offsetsOutput struct {
	to   io.Writer
	json bool
}

type groupJSON struct {
	Source     string          `json:"source"`
	Group      string          `json:"group"`
	State      string          `json:"state"`
	Members    []memberJSON    `json:"members,omitempty"`
	Partitions []partitionJSON `json:"partitions,omitempty"`
	Executed   *bool           `json:"executed,omitempty"` // of a reset
	Moves      []moveJSON      `json:"moves,omitempty"`
}

type memberJSON struct {
	ConsumerID string `json:"consumerId"`
	InstanceID string `json:"groupInstanceId,omitempty"`
	Host       string `json:"host"`
	ClientID   string `json:"clientId"`
	Partitions int    `json:"partitions"` // how many it has
}

// partitionJSON has null for offsets that there are not, or that are not known.
type partitionJSON struct {
	Topic         string `json:"topic"`
	Partition     *int64 `json:"partition"`
	CurrentOffset *int64 `json:"currentOffset"`
	LogStart      *int64 `json:"logStartOffset"`
	LogEnd        *int64 `json:"logEndOffset"`
	Lag           *int64 `json:"lag"`
	ConsumerID    string `json:"consumerId,omitempty"`
	Host          string `json:"host,omitempty"`
	ClientID      string `json:"clientId,omitempty"`
	ConduitOffset *int64 `json:"conduitOffset,omitempty"`
	Error         string `json:"error,omitempty"`
}

type moveJSON struct {
	Topic         string `json:"topic"`
	Partition     int32  `json:"partition"`
	CurrentOffset *int64 `json:"currentOffset"`
	NewOffset     int64  `json:"newOffset"`
	Note          string `json:"note,omitempty"`
}

// known is nil for what is not.
func known(n int64) *int64 {
	if n < 0 {
		return nil
	}
	return &n
}

// number is "-" for what is not known, as Kafka's tools have it.
func number(n int64) string {
	if n < 0 {
		return "-"
	}
	return strconv.FormatInt(n, 10)
}

// conduitOffset is how far Conduit has acknowledged a partition, -1 if it does not say.
func conduitOffset(g kafka.GroupOffsets, p *groupadmin.Partition) int64 {
	if at, ok := g.Position[p.TopicPartition]; ok {
		return at
	}
	return -1
}

func (o offsetsOutput) standing(name string, g kafka.GroupOffsets, conduit bool) error {
	if o.json {
		return o.print(standingJSON(name, g))
	}
	header := []string{"TOPIC", "PARTITION", "CURRENT-OFFSET", "LOG-END-OFFSET", "LAG"}
	if conduit {
		header = append(header, "CONDUIT-OFFSET")
	}
	rows := [][]string{append(header, "CONSUMER-ID", "HOST", "CLIENT-ID")}
	for i := range g.Partitions {
		p := &g.Partitions[i]
		row := []string{p.Topic, number(int64(p.Partition)), number(p.Committed), number(p.End), number(p.Lag())}
		if conduit {
			row = append(row, number(conduitOffset(g, p)))
		}
		if m := p.Member; m != nil {
			row = append(row, m.ID, m.Host, m.ClientID)
		} else {
			row = append(row, "-", "-", "-")
		}
		if p.Err != nil {
			row = append(row, p.Err.Error())
		}
		rows = append(rows, row)
	}
	return o.table(fmt.Sprintf("%s: group %s is %s, %s", name, g.GroupID, strings.ToLower(g.State), count(len(g.Members), "member")), rows)
}

func standingJSON(name string, g kafka.GroupOffsets) groupJSON {
	out := groupJSON{Source: name, Group: g.GroupID, State: g.State}
	for _, m := range g.Members {
		out.Members = append(out.Members, memberJSON{m.ID, m.InstanceID, m.Host, m.ClientID, m.Partitions.Len()})
	}
	for i := range g.Partitions {
		p := &g.Partitions[i]
		row := partitionJSON{
			Topic: p.Topic, Partition: known(int64(p.Partition)), CurrentOffset: known(p.Committed), LogStart: known(p.Start), LogEnd: known(p.End),
			Lag: known(p.Lag()), ConduitOffset: known(conduitOffset(g, p)),
		}
		if m := p.Member; m != nil {
			row.ConsumerID, row.Host, row.ClientID = m.ID, m.Host, m.ClientID
		}
		if p.Err != nil {
			row.Error = p.Err.Error()
		}
		out.Partitions = append(out.Partitions, row)
	}
	return out
}

func (o offsetsOutput) moves(name string, g kafka.GroupOffsets, executed bool) error {
	if o.json {
		out := groupJSON{Source: name, Group: g.GroupID, State: g.State, Executed: &executed}
		for _, m := range g.Moves {
			out.Moves = append(out.Moves, moveJSON{m.Topic, m.Partition, known(m.From), m.To, m.Note})
		}
		return o.print(out)
	}
	rows := [][]string{{"TOPIC", "PARTITION", "CURRENT-OFFSET", "NEW-OFFSET"}}
	for _, m := range g.Moves {
		rows = append(rows, []string{m.Topic, strconv.Itoa(int(m.Partition)), number(m.From), number(m.To), m.Note})
	}
	what := "reset"
	if !executed {
		what = "dry run: nothing was changed; -execute resets"
	}
	return o.table(fmt.Sprintf("%s: group %s, %s", name, g.GroupID, what), rows)
}

func (o offsetsOutput) export(g kafka.GroupOffsets) error {
	return groupadmin.WriteCSV(o.to, g.Moves)
}

func (o offsetsOutput) print(v any) error {
	e := json.NewEncoder(o.to)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

func (o offsetsOutput) table(title string, rows [][]string) error {
	fmt.Fprintln(o.to, oneLine(title))
	return printTable(o.to, rows)
}

// count is a number of things.
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
