package broker

import (
	"cmp"
	"fmt"
	"os"
)

// Version is the version of Apache Kafka that is started unless Options.Version or
// the environment variable [VersionEnv] names another.
const Version = "4.4.0"

// VersionEnv is the environment variable that names the version of Apache Kafka for
// clusters whose options name none.
const VersionEnv = "KAFKA_VERSION"

func defaultVersion() string { return cmp.Or(os.Getenv(VersionEnv), Version) }

// release is a version of Apache Kafka, from 2.4 on: none that is older starts on
// Java 17, or is served with Scala 2.13.
type release struct{ major, minor, patch int }

func parseRelease(version string) (release, error) {
	var r release
	if _, err := fmt.Sscanf(version, "%d.%d.%d", &r.major, &r.minor, &r.patch); err != nil || r.String() != version {
		return r, fmt.Errorf("version %q of Kafka: must be as in %s", version, Version)
	}
	if !r.since(2, 4) {
		return r, fmt.Errorf("version %s of Kafka: must be 2.4 or later", version)
	}
	return r, nil
}

func (r release) String() string { return fmt.Sprintf("%d.%d.%d", r.major, r.minor, r.patch) }

func (r release) since(major, minor int) bool {
	return r.major > major || r.major == major && r.minor >= minor
}

// kraft reports whether nodes need no ZooKeeper (KIP-833).
func (r release) kraft() bool { return r.since(3, 3) }

// tls reports whether there are TLS listeners: for what came before, keys would have
// to be encrypted, or be no PEM.
func (r release) tls() bool { return r.kraft() }

// scram reports whether users can be added by a request (KIP-554).
func (r release) scram() bool { return r.since(2, 7) }

// image reports whether compose.yaml fits the container image.
func (r release) image() bool { return r.since(4, 0) }
