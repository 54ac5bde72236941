// Package certs makes the certificates that tests need, at run time: none lies
// in the repository.
//
// A CA issues for one run; another New is "a CA that the broker does not know".
package certs

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"time"
)

// Pair is a certificate and its private key (PKCS #8), both PEM.
type Pair struct {
	Cert []byte `json:"cert"`
	Key  []byte `json:"key"`
}

// TLS returns the pair as crypto/tls takes it.
func (p Pair) TLS() (tls.Certificate, error) {
	return tls.X509KeyPair(p.Cert, p.Key)
}

// CA issues certificates. Its own are valid from an hour ago for a day.
type CA struct {
	pair Pair
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// New makes a certificate authority called name.
func New(name string) (*CA, error) { return authority(name, nil) }

// Intermediate makes a certificate authority whose certificate ca has signed.
func (ca *CA) Intermediate(name string) (*CA, error) { return authority(name, ca) }

func authority(name string, parent *CA) (*CA, error) {
	tmpl := &x509.Certificate{
		Subject:               pkix.Name{CommonName: name},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(24 * time.Hour),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	pair, cert, key, err := issue(tmpl, parent)
	if err != nil {
		return nil, fmt.Errorf("make CA %q: %w", name, err)
	}
	return &CA{pair: pair, cert: cert, key: key}, nil
}

// Cert returns the CA's certificate, PEM: what the other side has to trust.
func (ca *CA) Cert() []byte { return ca.pair.Cert }

// Pool returns a pool that trusts this CA and no other.
func (ca *CA) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(ca.cert)
	return pool
}

// Server issues a server certificate for 127.0.0.1, ::1, localhost and hosts.
func (ca *CA) Server(hosts ...string) (Pair, error) {
	tmpl := leaf("kafka", x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth)
	addHosts(tmpl, append([]string{"127.0.0.1", "::1", "localhost"}, hosts...))
	return ca.issue(tmpl)
}

// ServerOnly issues a server certificate for hosts alone: with a name that
// nobody dials, what a client must refuse.
func (ca *CA) ServerOnly(hosts ...string) (Pair, error) {
	tmpl := leaf("kafka", x509.ExtKeyUsageServerAuth)
	addHosts(tmpl, hosts)
	return ca.issue(tmpl)
}

// SelfSigned makes a server certificate for hosts that is signed by its own key.
func SelfSigned(hosts ...string) (Pair, error) {
	tmpl := leaf("kafka", x509.ExtKeyUsageServerAuth)
	addHosts(tmpl, hosts)
	pair, _, _, err := issue(tmpl, nil)
	return pair, err
}

// Client issues a client certificate with the given common name, which no server should
// present, even for one of hosts.
func (ca *CA) Client(name string, hosts ...string) (Pair, error) {
	tmpl := leaf(name, x509.ExtKeyUsageClientAuth)
	addHosts(tmpl, hosts)
	return ca.issue(tmpl)
}

// ExpiredClient issues a client certificate that ended an hour ago.
func (ca *CA) ExpiredClient(name string) (Pair, error) {
	return ca.issue(expired(leaf(name, x509.ExtKeyUsageClientAuth)))
}

// ExpiredServer issues a server certificate, as Server does, that ended an hour ago.
func (ca *CA) ExpiredServer() (Pair, error) {
	tmpl := expired(leaf("kafka", x509.ExtKeyUsageServerAuth))
	addHosts(tmpl, []string{"127.0.0.1", "::1", "localhost"})
	return ca.issue(tmpl)
}

func (ca *CA) issue(tmpl *x509.Certificate) (Pair, error) {
	pair, _, _, err := issue(tmpl, ca)
	if err != nil {
		return Pair{}, fmt.Errorf("issue certificate %q: %w", tmpl.Subject.CommonName, err)
	}
	return pair, nil
}

func leaf(name string, usage ...x509.ExtKeyUsage) *x509.Certificate {
	return &x509.Certificate{
		Subject:     pkix.Name{CommonName: name},
		NotBefore:   time.Now().Add(-time.Hour),
		NotAfter:    time.Now().Add(24 * time.Hour),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: usage,
	}
}

func expired(tmpl *x509.Certificate) *x509.Certificate {
	tmpl.NotBefore = time.Now().Add(-48 * time.Hour)
	tmpl.NotAfter = time.Now().Add(-time.Hour)
	return tmpl
}

func addHosts(tmpl *x509.Certificate, hosts []string) {
	for _, h := range hosts {
		if ip := net.ParseIP(h); ip != nil {
			tmpl.IPAddresses = append(tmpl.IPAddresses, ip)
		} else {
			tmpl.DNSNames = append(tmpl.DNSNames, h)
		}
	}
}

// issue signs tmpl by ca, or by its own key where ca is nil.
func issue(tmpl *x509.Certificate, ca *CA) (Pair, *x509.Certificate, *ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return Pair{}, nil, nil, err
	}
	if tmpl.SerialNumber, err = rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120)); err != nil {
		return Pair{}, nil, nil, err
	}
	parent, signer := tmpl, key
	if ca != nil {
		parent, signer = ca.cert, ca.key
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, parent, &key.PublicKey, signer)
	if err != nil {
		return Pair{}, nil, nil, err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return Pair{}, nil, nil, err
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return Pair{}, nil, nil, err
	}
	return Pair{
		Cert: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		Key:  pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}),
	}, cert, key, nil
}
