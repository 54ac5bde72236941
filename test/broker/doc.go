// Package broker starts real Apache Kafka for tests.
//
// [ForTest] is what a test calls, [Main] what its TestMain calls:
//
//	func TestMain(m *testing.M) { broker.Main(m) }
//
//	func TestSource_reads_from_kafka(t *testing.T) {
//		kafka := broker.ForTest(t, broker.Options{})
//		…kafka.Servers()…
//	}
//
// Where the cluster comes from, the first that is there:
//
//  1. KAFKA_TEST_CLUSTER: a cluster that cmd/kafka started for several packages
//  2. KAFKA_TEST_SERVERS: "host:port,…" of a plaintext cluster of your own
//  3. Docker Compose (compose.yaml), where a Docker engine answers
//  4. Maven and Java 17: Kafka's own artifacts, fetched once into the user's
//     cache directory (or into KAFKA_TEST_CACHE)
//
// The version is [Version], or that of the environment variable [VersionEnv] or of
// Options.Version: from 2.4 on, before 3.3 with ZooKeeper, before 4.0 from Maven only.
//
// [RegistryForTest] gives a test a schema registry, Apicurio, from Maven and on Java 17.
//
// Without any of these a test is skipped with one line that says what is
// missing, or fails with it where KAFKA_REQUIRED=1.
//
// Nothing outlives the process that started it, not even when that process is
// killed: see watch.go.
package broker
