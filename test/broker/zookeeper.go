package broker

import (
	"fmt"
	"path/filepath"
)

// runZooKeeper is runNode for the ZooKeeper of Kafka before 3.3.
const runZooKeeper = `cd "$0" && echo $$ >pid &&
exec java -Xmx256m $2 -cp "$1" org.apache.zookeeper.server.quorum.QuorumPeerMain zookeeper.properties`

// zookeeperNode is the name of its directory, after the pattern of killNodes.
const zookeeperNode = "node-zookeeper"

// openModules lets Kafka before 3.3, and ZooKeeper, use what Java 17 has closed.
const openModules = "--add-opens=java.base/java.lang=ALL-UNNAMED --add-opens=java.base/java.util=ALL-UNNAMED" +
	" --add-opens=java.base/java.nio=ALL-UNNAMED --add-opens=java.base/sun.nio.ch=ALL-UNNAMED"

// zookeeperAddr is where it listens: at the port that the first node has for a
// controller.
func (l layout) zookeeperAddr() string { return l.addr(1, controller) }

// zookeeperProperties is its zookeeper.properties. A tick is half of the shortest
// session that it grants.
func zookeeperProperties(l layout, data string) string {
	return fmt.Sprintf(`dataDir=%s
clientPortAddress=127.0.0.1
clientPort=%d
maxClientCnxns=0
admin.enableServer=false
tickTime=1000
`, data, l.port(1, controller))
}

// startZooKeeper starts it unless it runs. Nodes wait for it by themselves.
func (n *native) startZooKeeper() error {
	if n.zookeeper != nil {
		return nil
	}
	dir := filepath.Join(n.dir, zookeeperNode)
	props := zookeeperProperties(n.layout, filepath.Join(dir, "data"))
	if err := writeFile(filepath.Join(dir, "zookeeper.properties"), []byte(props)); err != nil {
		return err
	}
	var err error
	if n.zookeeper, err = spawn(dir, runZooKeeper, n.classPath, n.options); err != nil {
		return fmt.Errorf("start ZooKeeper: %w", err)
	}
	return nil
}
