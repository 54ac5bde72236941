package broker

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// runNode formats a node's storage unless that is done, and becomes the node.
// $0 is its directory, $1 the class path, $2 options for the JVM, $3 the cluster's id,
// empty where there is ZooKeeper, which gives the cluster its own. The process group is
// written first, by itself, so that the watchdog cannot miss it.
const runNode = `cd "$0" && echo $$ >pid &&
{ [ -z "$3" ] || [ -f data/meta.properties ] ||
	java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC $2 -cp "$1" kafka.tools.StorageTool format -t "$3" -c server.properties; } &&
exec java -Xmx512m $2 -cp "$1" kafka.Kafka server.properties`

// java is the program that tools begin with here.
const java = "java"

// quickStart takes a third off the time that a JVM needs to start, at the price of
// its later speed: most tests are over before that pays.
const quickStart = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"

// native runs each node as a Java process of this machine.
type native struct {
	dir       string
	layout    layout
	classPath string
	clusterID string // empty where there is ZooKeeper
	options   string // for the JVMs, which share what they need
	nodes     map[int]*process
	zookeeper *process // nil before the first node has been started, and where there is none
	dog       *watchdog
}

func newNative(dir, jars string, l layout, o Options) (engine, error) {
	n := &native{
		dir:       dir,
		layout:    l,
		classPath: filepath.Join(jars, "*"),
		options:   strings.Join(loggingFrom(".."), " "),
		nodes:     make(map[int]*process),
	}
	if o.release().kraft() {
		n.clusterID = newClusterID()
	} else {
		n.options += " " + openModules
	}
	if !o.Measured {
		n.options += " " + quickStart
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
	if n.clusterID == "" {
		if err := n.startZooKeeper(); err != nil {
			return err
		}
	}
	p, err := spawn(n.nodeDir(node), runNode, n.classPath, n.options, n.clusterID)
	if err != nil {
		return err
	}
	n.nodes[node] = p
	return nil
}

func (n *native) kill(node int) error { return n.nodes[node].kill() }

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
	return p == nil || p.exited()
}

func (n *native) log(node int) string {
	text, err := os.ReadFile(filepath.Join(n.nodeDir(node), "log"))
	if err != nil {
		return err.Error()
	}
	return lastLines(text, 20)
}

func (n *native) tool() []string {
	return slices.Concat([]string{java, "-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"},
		loggingFrom(n.dir), []string{"-cp", n.classPath})
}

func (n *native) close() error {
	var errs []error
	for node := range n.nodes {
		if !n.exited(node) {
			errs = append(errs, n.kill(node))
		}
	}
	if n.zookeeper != nil && !n.zookeeper.exited() {
		errs = append(errs, n.zookeeper.kill())
	}
	return errors.Join(append(errs, n.dog.close())...)
}
