# Conduit with this Kafka connector built in, in the place of the one that it comes with,
# and the connector's own executable for checks:
#
#   docker build -t conduit-kafka .
#   docker run -v "$PWD/pipelines:/etc/conduit/pipelines" -v conduit:/var/lib/conduit -p 8080:8080 conduit-kafka
#   docker run --rm -v "$PWD/pipelines:/etc/conduit/pipelines" --entrypoint connector conduit-kafka check -config /etc/conduit/pipelines/orders.yaml
FROM golang:1.25 AS build
WORKDIR /src
# What is downloaded stays as it is while only the code changes.
COPY go.mod go.sum ./
COPY cmd/conduit/go.mod cmd/conduit/go.sum cmd/conduit/
RUN go mod download && cd cmd/conduit && go mod download
COPY . .
RUN version=$(sed -n 's/^  version: //p' connector.yaml) && \
    flags="-s -w -X github.com/conduitio/conduit-connector-kafka.version=$version" && \
    export CGO_ENABLED=0 && \
    go build -trimpath -ldflags "$flags" -o /out/connector ./cmd/connector && \
    cd cmd/conduit && \
    go build -trimpath -ldflags "$flags -X github.com/conduitio/conduit/pkg/conduit.version=$(go list -m -f '{{.Version}}' github.com/conduitio/conduit)" -o /out/conduit .

FROM alpine:3
RUN apk add --no-cache ca-certificates && \
    adduser -D -u 65532 -h /var/lib/conduit conduit && \
    mkdir -p /etc/conduit/pipelines && chown conduit /var/lib/conduit
COPY --from=build /out/ /usr/local/bin/
USER 65532
# The database is written here.
WORKDIR /var/lib/conduit
VOLUME /var/lib/conduit
EXPOSE 8080
ENTRYPOINT ["conduit", "run"]
CMD ["--pipelines.path=/etc/conduit/pipelines"]
