#!/bin/sh
# Conduit's HTTP API with curl: make a pipeline that reads the Kafka topic "orders"
# into a file, look at it while it runs, stop it and take it away again.
#
#   conduit run --db.type=inmemory &
#   KAFKA_SERVERS=localhost:9092 sh examples/rest.sh
set -eu
CONDUIT=${CONDUIT:-http://localhost:8080}
KAFKA_SERVERS=${KAFKA_SERVERS:-localhost:9092}
TOPIC=${TOPIC:-orders}
OUTPUT=${OUTPUT:-$PWD/orders.jsonl}

# call METHOD PATH [BODY] prints the answer, or fails with it.
call() {
	curl --silent --show-error --fail-with-body --request "$1" "$CONDUIT$2" ${3:+--data "$3"}
	echo
}

# field NAME prints a text field of the answer on standard input.
field() {
	sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"
}

# Settings can be tried before they are used: what is wrong is in the answer.
echo "== validate"
call POST /v1/connectors/validate '{
  "type": "TYPE_SOURCE", "plugin": "builtin:kafka",
  "config": {"settings": {"servers": "'"$KAFKA_SERVERS"'", "topics": "'"$TOPIC"'", "groupID": "rest"}}
}'

echo "== create"
pipeline=$(call POST /v1/pipelines '{"config": {"name": "rest", "description": "orders to a file"}}' | field id)
source=$(call POST /v1/connectors '{
  "pipelineId": "'"$pipeline"'", "type": "TYPE_SOURCE", "plugin": "builtin:kafka",
  "config": {"name": "kafka", "settings": {
    "servers": "'"$KAFKA_SERVERS"'", "topics": "'"$TOPIC"'", "groupID": "rest", "readFromBeginning": "true"
  }}
}' | field id)
destination=$(call POST /v1/connectors '{
  "pipelineId": "'"$pipeline"'", "type": "TYPE_DESTINATION", "plugin": "builtin:file",
  "config": {"name": "file", "settings": {"path": "'"$OUTPUT"'"}}
}' | field id)
echo "pipeline $pipeline, source $source, destination $destination"

echo "== start"
call POST "/v1/pipelines/$pipeline/start"
until [ -s "$OUTPUT" ]; do sleep 0.1; done

echo "== inspect"
call GET "/v1/pipelines/$pipeline"  # its status, and why it is degraded if it is
call GET "/v1/connectors/$source"   # settings, and the position of the last record
curl --silent --show-error --fail "$CONDUIT/metrics" | grep "^conduit_kafka_.*$source"

echo "== stop"
call POST "/v1/pipelines/$pipeline/stop"
until [ "$(call GET "/v1/pipelines/$pipeline" | field status)" = STATUS_STOPPED ]; do sleep 0.1; done

echo "== delete"
call DELETE "/v1/connectors/$source"
call DELETE "/v1/connectors/$destination"
call DELETE "/v1/pipelines/$pipeline"
