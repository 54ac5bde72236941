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

// artifacts lists what it takes to run a broker and Kafka's command line tools, which
// are part of the broker before 3.3; and MirrorMaker, of the default version only.
func (r release) artifacts() []artifact {
	const kafka = "org.apache.kafka"
	list := []artifact{{kafka, "kafka_2.13", r.String()}}
	if r.since(3, 3) {
		list = append(list, artifact{kafka, "kafka-tools", r.String()})
	}
	// Without a binding of SLF4J the broker logs nothing. Each has the version of what it
	// binds: log4j-core, reload4j, Log4j 1.
	switch {
	case r.since(4, 0):
		list = append(list, artifact{"org.apache.logging.log4j", "log4j-slf4j-impl", "2.24.3"})
	case r.since(3, 2):
		list = append(list, artifact{"org.slf4j", "slf4j-reload4j", "1.7.36"})
	default:
		list = append(list, artifact{"org.slf4j", "slf4j-log4j12", "1.7.30"})
	}
	if r.String() == Version {
		list = append(list, artifact{kafka, "connect-mirror", r.String()})
	}
	return list
}

// pom is a pom.xml that depends on the artifacts.
func (r release) pom() []byte {
	var b bytes.Buffer
	if err := pomOf.Execute(&b, r.artifacts()); err != nil {
		panic(err) // a template over three strings, into memory
	}
	return b.Bytes()
}
