package broker

import (
	"bytes"
	_ "embed"
	"text/template"
)

//go:embed pom.xml.tmpl
var pomTemplate string

var pomOf = template.Must(template.New("pom.xml").Parse(pomTemplate))

// artifact is one of Maven's.
type artifact struct{ Group, Name, Version string }

// apacheKafka is the group of Kafka's own.
const apacheKafka = "org.apache.kafka"

// A binding of SLF4J, without which nothing is logged, has the version of what it binds.
var (
	log4j2   = artifact{"org.apache.logging.log4j", "log4j-slf4j-impl", "2.24.3"} // log4j-core
	reload4j = artifact{"org.slf4j", "slf4j-reload4j", "1.7.36"}
	log4j1   = artifact{"org.slf4j", "slf4j-log4j12", "1.7.30"}
)

// artifacts lists what it takes to run a broker and Kafka's command line tools, which
// are part of the broker before 3.3.
func (r release) artifacts() []artifact {
	list := []artifact{{apacheKafka, "kafka_2.13", r.String()}}
	if r.since(3, 3) {
		list = append(list, artifact{apacheKafka, "kafka-tools", r.String()})
	}
	switch {
	case r.since(4, 0):
		return append(list, log4j2)
	case r.since(3, 2):
		return append(list, reload4j)
	default:
		return append(list, log4j1)
	}
}

// pom is a pom.xml that depends on artifacts.
func pom(list ...artifact) []byte {
	var b bytes.Buffer
	if err := pomOf.Execute(&b, list); err != nil {
		panic(err) // a template over three strings, into memory
	}
	return b.Bytes()
}
