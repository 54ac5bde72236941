import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.storage.Converter;

/** Prints how many records a converter of Kafka Connect decodes and encodes in a second of a processor. */
public class Converters {
    private static final String TOPIC = "orders";

    /** Has what is made, so that the compiler does not leave its making out. */
    private static volatile Object made;

    public static void main(String[] args) throws Exception {
        Converter converter = (Converter) Class.forName(args[0]).getDeclaredConstructor().newInstance();
        double seconds = Double.parseDouble(args[1]);
        Map<String, Object> config = new HashMap<>();
        for (String arg : Arrays.asList(args).subList(2, args.length)) {
            int at = arg.indexOf('=');
            config.put(arg.substring(0, at), arg.substring(at + 1));
        }
        converter.configure(config, false);
        SchemaBuilder builder = SchemaBuilder.struct().name("Order");
        for (int i = 0; i < 10; i++) {
            builder.field("field" + i, Schema.STRING_SCHEMA);
        }
        Schema schema = builder.build();
        Struct value = new Struct(schema);
        for (int i = 0; i < 10; i++) {
            value.put("field" + i, "a value");
        }
        byte[] data = converter.fromConnectData(TOPIC, schema, value);
        Runnable decode = () -> made = converter.toConnectData(TOPIC, data);
        Runnable encode = () -> made = converter.fromConnectData(TOPIC, schema, value);
        measure(decode, 2 * seconds); // until it is compiled
        measure(encode, 2 * seconds);
        System.out.printf("%.0f %.0f %d%n", measure(decode, seconds), measure(encode, seconds), data.length);
        converter.close();
    }

    private static double measure(Runnable run, double seconds) {
        // What the process takes of processors, with its garbage collector and compiler.
        com.sun.management.OperatingSystemMXBean system =
            (com.sun.management.OperatingSystemMXBean) java.lang.management.ManagementFactory.getOperatingSystemMXBean();
        long began = system.getProcessCpuTime();
        long end = began + (long) (seconds * 1e9);
        long count = 0;
        long now;
        do {
            for (int i = 0; i < 1000; i++) {
                run.run();
            }
            count += 1000;
            now = system.getProcessCpuTime();
        } while (now < end);
        return count * 1e9 / (now - began);
    }
}
