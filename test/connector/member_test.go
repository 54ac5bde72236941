package connector_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"

	"github.com/matryer/is"
)

// memberSettings is the environment variable by which this program, run again, is a
// source instead of tests.
const memberSettings = "KAFKA_TEST_MEMBER_SETTINGS"

// beMember reads and acknowledges, and prints each value, until its input ends.
func beMember(encoded string) error {
	var s settings
	if err := json.Unmarshal([]byte(encoded), &s); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		_, _ = bufio.NewReader(os.Stdin).ReadByte()
		cancel()
	}()
	src, err := openSource(ctx, s, nil)
	if err != nil {
		return err
	}
	for {
		records, err := src.ReadN(ctx, 1)
		if ctx.Err() != nil {
			return src.Teardown(context.Background())
		}
		if err != nil {
			return err
		}
		for _, r := range records {
			fmt.Println(string(r.Payload.After.Bytes()))
			if err := src.Ack(ctx, r.Position); err != nil {
				return err
			}
		}
	}
}

// process is a source in a process of its own.
type process struct {
	cmd *exec.Cmd
	end func() error // of its input
	eof chan struct{}

	mu   sync.Mutex
	read []string
}

func startProcess(t *testing.T, s settings) *process {
	t.Helper()
	is := is.New(t)
	encoded, err := json.Marshal(s)
	is.NoErr(err)
	p := &process{cmd: exec.Command(os.Args[0]), eof: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), memberSettings+"="+string(encoded))
	p.cmd.Stderr = os.Stderr
	in, err := p.cmd.StdinPipe()
	is.NoErr(err)
	p.end = in.Close
	out, err := p.cmd.StdoutPipe()
	is.NoErr(err)
	is.NoErr(p.cmd.Start())
	t.Cleanup(p.kill)
	go func() {
		defer close(p.eof)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			p.mu.Lock()
			p.read = append(p.read, lines.Text())
			p.mu.Unlock()
		}
	}()
	return p
}

// count adds what the process has read to seen, and tells how much that is.
func (p *process) count(seen map[string]int) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, v := range p.read {
		seen[v]++
	}
	return len(p.read)
}

// stop ends it in order.
func (p *process) stop() error {
	_ = p.end()
	<-p.eof
	return p.cmd.Wait()
}

// kill ends it at once, as a crash does.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.eof
	_ = p.cmd.Wait()
}
