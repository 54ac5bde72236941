package wire

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/metadata"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

func TestDialerReplacesTCP(t *testing.T) {
	is := is.New(t)
	var network kfake.VirtualNetwork
	fake := embedded.Start(t, kfake.NumBrokers(1), kfake.Ports(9092), kfake.ListenFn(network.Listen))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	asked := ""
	ctx = WithDialer(ctx, func(ctx context.Context, kind, addr string) (net.Conn, error) {
		asked = kind + " " + addr
		return network.DialContext(ctx, kind, addr)
	})
	cfg := config
	cfg.Dial = DialerFrom(ctx)
	c, err := Dial(ctx, fake.ListenAddrs()[0], cfg)
	is.NoErr(err)
	is.Equal(asked, "tcp "+fake.ListenAddrs()[0])
	var res protocol.Message
	res, err = c.RoundTrip(ctx, new(metadata.Request))
	is.NoErr(err)
	is.Equal(len(res.(*metadata.Response).Brokers), 1)
	is.NoErr(c.Close())
	is.True(DialerFrom(context.Background()) == nil)
}
