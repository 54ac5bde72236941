import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/**
 * Members of a group with Kafka's own consumer, each in a thread of its own. A line of standard
 * input is "join N PROTOCOL" or "leave N"; one of standard output is "read N VALUE" for each record,
 * "left N" once the member has gone, before that "failed N ERROR" if it could not go on. The end of
 * standard input ends them all.
 */
class Members {
    private static final Map<String, KafkaConsumer<byte[], String>> members = new ConcurrentHashMap<>();

    public static void main(String[] args) throws IOException {
        String servers = args[0], group = args[1], topic = args[2];
        var in = new BufferedReader(new InputStreamReader(System.in));
        for (String line; (line = in.readLine()) != null; ) {
            var words = line.split(" ");
            var id = words[1];
            if (words[0].equals("leave")) {
                var consumer = members.remove(id);
                if (consumer != null) {
                    consumer.wakeup();
                }
                continue;
            }
            var consumer = new KafkaConsumer<byte[], String>(settings(servers, group, words[2]));
            members.put(id, consumer);
            new Thread(() -> run(id, consumer, topic)).start();
        }
        members.values().forEach(KafkaConsumer::wakeup);
    }

    /** Offsets are committed each second, and before partitions are given back. */
    private static Properties settings(String servers, String group, String protocol) {
        var p = new Properties();
        p.put("bootstrap.servers", servers);
        p.put("group.id", group);
        p.put("group.protocol", protocol);
        if (protocol.equals("classic")) {
            p.put("partition.assignment.strategy", CooperativeStickyAssignor.class.getName());
            p.put("heartbeat.interval.ms", "1000");
        }
        p.put("auto.offset.reset", "earliest");
        p.put("auto.commit.interval.ms", "1000");
        p.put("key.deserializer", ByteArrayDeserializer.class.getName());
        p.put("value.deserializer", StringDeserializer.class.getName());
        return p;
    }

    private static void run(String id, KafkaConsumer<byte[], String> consumer, String topic) {
        try (consumer) {
            consumer.subscribe(List.of(topic));
            while (true) {
                var records = consumer.poll(Duration.ofSeconds(1));
                var lines = new StringBuilder();
                for (var r : records) {
                    lines.append("read ").append(id).append(' ').append(r.value()).append('\n');
                }
                say(lines);
            }
        } catch (WakeupException e) {
            // It was asked to leave.
        } catch (RuntimeException e) {
            say("failed " + id + " " + e + "\n");
        }
        say("left " + id + "\n");
    }

    private static void say(CharSequence lines) {
        PrintStream out = System.out;
        synchronized (out) {
            out.append(lines);
            out.flush();
        }
    }
}
