package connector_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/test/broker"
)

// certFiles keeps certificates where the settings say.
type certFiles struct{ dir string }

func (f certFiles) settings() settings {
	return settings{
		"securityProtocol": "SSL", "caCertFile": filepath.Join(f.dir, "ca.pem"),
		"clientCertFile": filepath.Join(f.dir, "tls.crt"), "clientKeyFile": filepath.Join(f.dir, "tls.key"),
	}
}

func (f certFiles) write(t *testing.T, c broker.Certs) {
	t.Helper()
	for name, content := range map[string][]byte{"ca.pem": c.CA, "tls.crt": c.Client.Cert, "tls.key": c.Client.Key} {
		is.New(t).NoErr(os.WriteFile(filepath.Join(f.dir, name), content, 0o600))
	}
}

// A whole cluster goes over to a new CA: its brokers present new certificates, and
// trust no old ones.
func TestCertificatesAreRenewedWithoutARestart(t *testing.T) {
	is := is.New(t)
	ctx := guarded(t)
	cluster := broker.ForTest(t, broker.Options{Secure: true, Faults: true})
	files := certFiles{t.TempDir()}
	old := cluster.Certs()
	files.write(t, old)
	s := files.settings().with(settings{"servers": list(cluster.SSL()), "topic": "renewed"})

	dst, err := openDestination(ctx, s.with(settings{"deliveryTimeout": "1m"}))
	is.NoErr(err)
	_, err = dst.Write(ctx, numbered(10))
	is.NoErr(err)
	src, err := openSource(ctx, s.with(settings{"readFromBeginning": "true"}), nil)
	is.NoErr(err)
	records, err := read(ctx, src, 10)
	is.NoErr(err)
	is.Equal(len(records), 10)

	renewed, err := cluster.RenewCerts()
	is.NoErr(err)
	files.write(t, renewed)
	is.NoErr(cluster.StopNode(ctx, 1)) // ends all connections
	is.NoErr(cluster.StartNode(ctx, 1))

	n, err := dst.Write(ctx, numbered(20)[10:])
	is.NoErr(err)
	is.Equal(n, 10)
	records, err = read(ctx, src, 10)
	is.NoErr(err)
	is.Equal(string(records[len(records)-1].Key.Bytes()), "key-19")
	is.NoErr(dst.Teardown(ctx))
	is.NoErr(src.Teardown(ctx))

	// Neither side could have gone on with what it began with.
	_, err = openDestination(ctx, settings{
		"servers": list(cluster.SSL()), "topic": "renewed",
		"caCert": string(old.CA), "clientCert": string(old.Client.Cert), "clientKey": string(old.Client.Key),
	})
	is.True(err != nil)
	t.Log(err)
	_, err = openDestination(ctx, settings{
		"servers": list(cluster.SSL()), "topic": "renewed",
		"caCert": string(renewed.CA), "clientCert": string(old.Client.Cert), "clientKey": string(old.Client.Key),
	})
	is.True(err != nil)
	t.Log(err)
}
