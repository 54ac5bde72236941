package wire

import (
	"context"
	"encoding/binary"
	"net"
	"regexp"

	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/apiversions"
)

// Software is the program that connects. Brokers count connections by it, and log it with
// requests (KIP-511).
type Software struct{ Name, Version string }

// introduced is the version of ApiVersions that carries the client's software, of Kafka
// 2.4. It is the request's first flexible version.
const introduced = 3

// introduce tells the broker which software this is, if it takes that. It does not wait for
// the answer, which says nothing that is not known.
//
// This is not part of the first question about versions, as a broker that knows only
// older ones may refuse that in many ways. A broker takes it after the authentication,
// where Kafka's Java client asks for the versions, too.
func (c *Conn) introduce(ctx context.Context, software Software) error {
	v, ok := c.offered[protocol.ApiVersions]
	if software.Name == "" || !ok || v.first > introduced || v.last < introduced {
		return nil
	}
	if err := c.take(ctx); err != nil {
		return err
	}
	defer c.release()
	return c.put(ctx, c.newCall(protocol.ApiVersions, introduced, c.timeout), introduction{new(apiversions.Request), software}, introduced, true)
}

// introduction is ApiVersions in the version that kafka-go does not have.
type introduction struct {
	*apiversions.Request
	software Software
}

// Versions is part of Framed.
func (introduction) Versions() (first, last int16) { return introduced, introduced }

// Body is part of Framed. It begins with the end of the flexible request header.
func (i introduction) Body(int16) net.Buffers {
	b := []byte{0} // tagged fields of the header
	b = appendCompact(b, acceptable(i.software.Name))
	b = appendCompact(b, acceptable(i.software.Version))
	return net.Buffers{append(b, 0)}
}

// appendCompact writes a COMPACT_STRING.
func appendCompact(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s)+1)), s...)
}

var unacceptable = regexp.MustCompile(`^[^a-zA-Z0-9]+|[^a-zA-Z0-9.-]+|[^a-zA-Z0-9]+$`)

// acceptable is a name or a version without what brokers refuse: they take letters, digits,
// dots and dashes, a letter or digit at either end.
func acceptable(s string) string {
	if s = unacceptable.ReplaceAllString(s, ""); s == "" {
		return "unknown"
	}
	return s
}
