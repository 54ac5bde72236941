package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/test/broker"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
	"github.com/conduitio/conduit-connector-kafka/test/proxy"
)

// existing is the prefix of the topics that are there.
const existing = "existing"

// house is a cluster, and the proxies through which it is far.
type house struct {
	o       options
	kind    string
	fake    *kfake.Cluster // nil: real Kafka
	servers []string
	proxies map[string]*proxy.Proxy
	truth   *kclient.Client
}

func open(ctx context.Context, o options) (*house, error) {
	h := &house{o: o, proxies: make(map[string]*proxy.Proxy)}
	if err := h.start(ctx); err != nil {
		return nil, err
	}
	for _, addr := range h.servers {
		p, err := proxy.Listen("127.0.0.1:0", addr)
		if err != nil {
			return nil, err
		}
		p.Delay(o.distance / 2)
		p.Throttle(o.mbit * 1_000_000 / 8)
		h.proxies[addr] = p
	}
	var err error
	if h.truth, err = kclient.New(h.servers, kgo.UnknownTopicRetries(100)); err != nil {
		return nil, err
	}
	return h, h.create(ctx)
}

func (h *house) start(ctx context.Context) (err error) {
	if os.Getenv(broker.ClusterEnv) != "" {
		c, err := broker.Attach()
		if err != nil {
			return err
		}
		h.kind, h.servers = "Kafka "+c.Options().Version, c.Servers()
		return nil
	}
	h.kind = "embedded"
	h.fake, err = kfake.NewCluster(kfake.NumBrokers(3))
	if err == nil {
		h.servers = h.fake.ListenAddrs()
	}
	return err
}

func (h *house) close() {
	h.truth.Close()
	for _, p := range h.proxies {
		_ = p.Close()
	}
	if h.fake != nil {
		h.fake.Close()
	}
}

func topic(prefix string, i int) string { return fmt.Sprintf("%s-%04d", prefix, i) }

// list names the topics.
func (h *house) list() string {
	names := make([]string, h.o.topics)
	for i := range names {
		names[i] = topic(existing, i)
	}
	return strings.Join(names, ",")
}

// create makes the topics, 100 at a time.
func (h *house) create(ctx context.Context) error {
	req := kmsg.NewPtrCreateTopicsRequest()
	req.TimeoutMillis = 60_000
	for i := range h.o.topics {
		t := kmsg.NewCreateTopicsRequestTopic()
		t.Topic, t.ReplicationFactor = topic(existing, i), 1
		t.NumPartitions = int32((h.o.partitions + i) / h.o.topics)
		req.Topics = append(req.Topics, t)
		if len(req.Topics) < 100 && i+1 < h.o.topics {
			continue
		}
		res, err := req.RequestWith(ctx, h.truth.Raw())
		if err != nil {
			return fmt.Errorf("create topics: %w", err)
		}
		for _, t := range res.Topics {
			if err := kerr.ErrorForCode(t.ErrorCode); err != nil && !errors.Is(err, kerr.TopicAlreadyExists) {
				return fmt.Errorf("create topic %s: %w", t.Topic, err)
			}
		}
		req.Topics = nil
	}
	return nil
}

// partitions calls f with each partition.
func (h *house) partitions(f func(topic string, id int32)) {
	for i := range h.o.topics {
		for id := range int32((h.o.partitions + i) / h.o.topics) {
			f(topic(existing, i), id)
		}
	}
}

// fill writes a record to each partition.
func (h *house) fill(ctx context.Context) error {
	var records []*kgo.Record
	h.partitions(func(topic string, id int32) {
		records = append(records, &kgo.Record{Topic: topic, Partition: id, Value: make([]byte, h.o.size)})
	})
	return h.truth.Produce(ctx, records...)
}

// trickle writes records one by one until the context ends.
func (h *house) trickle(ctx context.Context) error {
	tick := time.NewTicker(time.Second / time.Duration(h.o.rate))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return h.truth.Raw().Flush(context.WithoutCancel(ctx))
		case <-tick.C:
		}
		i := rand.IntN(h.o.topics)
		r := &kgo.Record{Topic: topic(existing, i), Value: make([]byte, h.o.size)}
		r.Partition = rand.Int32N(int32((h.o.partitions + i) / h.o.topics))
		h.truth.Raw().Produce(context.WithoutCancel(ctx), r, nil)
	}
}

// visitor is the process with the connector.
type visitor struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

// visit starts one.
func (h *house) visit(role string, settings map[string]string) (*visitor, error) {
	t := task{Settings: settings, Ways: make(map[string]string), Measure: h.o.measure, Size: h.o.size}
	settings["servers"] = strings.Join(h.servers, ",")
	for addr, p := range h.proxies {
		t.Ways[addr] = p.Addr()
	}
	text, err := json.Marshal(t)
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	v := &visitor{cmd: exec.Command(self)}
	v.cmd.Env = append(os.Environ(), roleEnv+"="+role)
	v.cmd.Stderr = os.Stderr
	if v.in, err = v.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := v.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	v.out = bufio.NewReader(out)
	if err := v.cmd.Start(); err != nil {
		return nil, err
	}
	return v, v.ask(string(text))
}

func (v *visitor) ask(line string) error {
	_, err := fmt.Fprintln(v.in, line)
	return err
}

// say prints what the visitor says next.
func (v *visitor) say(format, what string) error {
	line, err := v.out.ReadString('\n')
	if err != nil {
		return errors.Join(fmt.Errorf("%s: %w", what, err), v.end())
	}
	fmt.Printf(format+"\n", what, strings.TrimSpace(line))
	return nil
}

func (v *visitor) end() error {
	_ = v.in.Close()
	return v.cmd.Wait()
}
