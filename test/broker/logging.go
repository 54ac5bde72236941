package broker

// log4j2Properties sends warnings to standard output and nothing else anywhere.
const log4j2Properties = `status=error
rootLogger.level=WARN
rootLogger.appenderRef.out.ref=out
appender.out.type=Console
appender.out.name=out
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=%d{HH:mm:ss.SSS} %p %c{1} %m%n
`

// log4jProperties is the same for Kafka before 4.0.
const log4jProperties = `log4j.rootLogger=WARN, out
log4j.appender.out=org.apache.log4j.ConsoleAppender
log4j.appender.out.layout=org.apache.log4j.PatternLayout
log4j.appender.out.layout.ConversionPattern=%d{HH:mm:ss.SSS} %p %c{1} %m%n
`

// loggingFrom are the options for a JVM that make it log as the files in a directory say.
func loggingFrom(dir string) []string {
	return []string{
		"-Dlog4j2.configurationFile=file:" + dir + "/log4j2.properties",
		"-Dlog4j.configuration=file:" + dir + "/log4j.properties",
	}
}
