package connector_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/internal/wire"
	"github.com/conduitio/conduit-connector-kafka/test/broker"
)

// Kafka takes passwords as they are; SASLprep (RFC 4013) would change or forbid all of
// these but the first two.
var scramPasswords = []string{
	"plain-ASCII", "x,y=z", "p²", "p½", "p´", "pª", "pﬁ", "p™", "a\u00a0b", "soft\u00adhyphen",
	"pass😀word", "tab\tin", "שלוםabc", "Å", "ﷺ",
}

func TestScramTakesPasswordsAsKafkaDoes(t *testing.T) {
	t.Parallel()
	cluster := broker.ForTest(t, broker.Options{Secure: true})
	_, _, topic := realKafka(t, 1)
	for i, password := range scramPasswords {
		t.Run(fmt.Sprintf("%+q", password), func(t *testing.T) {
			is := is.New(t)
			user := "scram-" + uuid.NewString() + ",="
			is.NoErr(cluster.AddSCRAMUser(guarded(t), user, password))
			s := settings{
				"servers": list(cluster.SASLPlaintext()), "topic": topic,
				"saslMechanism": []string{"SCRAM-SHA-256", "SCRAM-SHA-512"}[i%2], "saslUsername": user, "saslPassword": password,
			}
			n, err := write(guarded(t), s, numbered(1)...)
			is.NoErr(err)
			is.Equal(n, 1)
		})
	}
}

func TestAPasswordIsChangedWithoutARestart(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	cluster := broker.ForTest(t, broker.Options{Secure: true})
	_, _, topic := realKafka(t, 1)
	user, file := "changed-"+uuid.NewString(), filepath.Join(t.TempDir(), "password")
	change := func(password string) {
		is.NoErr(cluster.AddSCRAMUser(guarded(t), user, password))
		is.NoErr(os.WriteFile(file, []byte(password+"\n"), 0o600))
	}
	change("one")
	var mu sync.Mutex
	var conns []net.Conn
	ctx := wire.WithDialer(guarded(t), func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, addr)
		mu.Lock()
		defer mu.Unlock()
		if err == nil {
			conns = append(conns, conn)
		}
		return conn, err
	})
	dst, err := openDestination(ctx, settings{
		"servers": list(cluster.SASLPlaintext()), "topic": topic, "deliveryTimeout": "30s",
		"saslMechanism": "SCRAM-SHA-256", "saslUsername": user, "saslPasswordFile": file,
	})
	is.NoErr(err)
	_, err = dst.Write(ctx, numbered(1))
	is.NoErr(err)

	change("two")
	mu.Lock()
	for _, c := range conns {
		_ = c.Close()
	}
	before := len(conns)
	mu.Unlock()
	n, err := dst.Write(ctx, numbered(2)[1:])
	is.NoErr(err)
	is.Equal(n, 1)
	is.NoErr(dst.Teardown(ctx))
	mu.Lock()
	defer mu.Unlock()
	is.True(len(conns) > before)
}
