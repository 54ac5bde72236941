package broker

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
)

// runNode formats a node's storage unless that is done, and becomes the node.
// $0 is its directory, $1 the class path, $2 the cluster's id, $3 options for the
// JVM. The process group is written first, by itself, so that the watchdog cannot
// miss it.
const runNode = `cd "$0" && echo $$ >pid &&
{ [ -f data/meta.properties ] ||
	java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Dlog4j2.configurationFile=file:../log4j2.properties \
		-cp "$1" kafka.tools.StorageTool format -t "$2" -c server.properties; } &&
exec java -Xmx512m $3 -Dlog4j2.configurationFile=file:../log4j2.properties -cp "$1" kafka.Kafka server.properties`

// quickStart takes a third off the time that a JVM needs to start, at the price of
// its later speed: for nodes that are killed all the time.
const quickStart = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"

// native runs each node as a Java process of this machine.
type native struct {
	dir       string
	classPath string
	clusterID string
	options   string // for the JVMs
	nodes     map[int]*process
	dog       *watchdog
}

type process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended and was waited for
}

func newNative(dir, jars string, l layout, o Options) (engine, error) {
	n := &native{
		dir:       dir,
		classPath: filepath.Join(jars, "*"),
		clusterID: newClusterID(),
		nodes:     make(map[int]*process),
	}
	if o.Faults {
		n.options = quickStart
	}
	for i := 1; i <= l.Nodes; i++ {
		props := serverProperties(i, l, o, paths{
			bind:  "127.0.0.1",
			data:  filepath.Join(n.nodeDir(i), "data"),
			certs: filepath.Join(dir, "certs"),
		})
		if err := writeFile(filepath.Join(n.nodeDir(i), "server.properties"), []byte(props)); err != nil {
			return nil, err
		}
	}
	var err error
	n.dog, err = watch(dir, killNodes)
	return n, err
}

func (n *native) nodeDir(node int) string {
	return filepath.Join(n.dir, "node-"+strconv.Itoa(node))
}

func (n *native) start(_ context.Context, node int) error {
	dir := n.nodeDir(node)
	log, err := os.OpenFile(filepath.Join(dir, "log"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command("sh", "-c", runNode, dir, n.classPath, n.clusterID, n.options)
	cmd.Stdout, cmd.Stderr = log, log
	ownGroup(cmd)
	if err := cmd.Start(); err != nil {
		return err
	}
	p := &process{cmd: cmd, done: make(chan struct{})}
	n.nodes[node] = p
	go func() {
		defer close(p.done)
		_ = cmd.Wait() // a killed node's status says nothing
		_ = os.Remove(filepath.Join(dir, "pid"))
	}()
	return nil
}

func (n *native) kill(node int) error {
	p := n.nodes[node]
	if err := signalGroup(p.cmd, sigKill); err != nil && !n.exited(node) {
		return err
	}
	<-p.done
	return nil
}

func (n *native) stop(ctx context.Context, node int) error {
	if err := n.signal(node, sigTerm); err != nil {
		return err
	}
	select {
	case <-n.nodes[node].done:
		return nil
	case <-ctx.Done():
		return errors.Join(ctx.Err(), n.kill(node))
	}
}

func (n *native) pause(node int) error  { return n.signal(node, sigStop) }
func (n *native) resume(node int) error { return n.signal(node, sigCont) }

func (n *native) signal(node int, sig syscall.Signal) error {
	if err := signalGroup(n.nodes[node].cmd, sig); err != nil {
		return fmt.Errorf("send %s: %w", sig, err)
	}
	return nil
}

func (n *native) exited(node int) bool {
	p := n.nodes[node]
	if p == nil {
		return true
	}
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

func (n *native) log(node int) string {
	text, err := os.ReadFile(filepath.Join(n.nodeDir(node), "log"))
	if err != nil {
		return err.Error()
	}
	return lastLines(text, 20)
}

func (n *native) tool() []string {
	return []string{
		"java", "-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC",
		"-Dlog4j2.configurationFile=file:" + filepath.Join(n.dir, "log4j2.properties"), "-cp", n.classPath,
	}
}

func (n *native) close() error {
	var errs []error
	for node := range n.nodes {
		if !n.exited(node) {
			errs = append(errs, n.kill(node))
		}
	}
	return errors.Join(append(errs, n.dog.close())...)
}
