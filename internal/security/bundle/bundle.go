package bundle

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Certificates returns the certificates of a text, in their order and at least one.
// Other blocks, such as a key in the same file, are left out.
func Certificates(text []byte) ([]*x509.Certificate, error) {
	all, err := blocks(text)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		if cert, err := x509.ParseCertificate(der(text)); err == nil {
			return []*x509.Certificate{cert}, nil
		}
		return nil, notPEM(text, "CERTIFICATE")
	}
	var out []*x509.Certificate
	for i, b := range all {
		switch b.Type {
		case "CERTIFICATE", "X509 CERTIFICATE":
		case "TRUSTED CERTIFICATE": // openssl's, with more data after the certificate
			var first asn1.RawValue
			if _, err := asn1.Unmarshal(b.Bytes, &first); err == nil {
				b.Bytes = first.FullBytes
			}
		default:
			continue
		}
		cert, err := x509.ParseCertificate(b.Bytes)
		if err != nil {
			return nil, fmt.Errorf("PEM block %d (%s) is not a certificate: %w", i+1, b.Type, err)
		}
		out = append(out, cert)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("it has no certificate, but %s", kinds(all))
	}
	return out, nil
}

// Key returns the first private key of a text, PEM.
func Key(text []byte) ([]byte, error) {
	all, err := blocks(text)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		data := der(text)
		for kind, parse := range map[string]func([]byte) error{
			"PRIVATE KEY":     func(b []byte) error { _, err := x509.ParsePKCS8PrivateKey(b); return err },
			"RSA PRIVATE KEY": func(b []byte) error { _, err := x509.ParsePKCS1PrivateKey(b); return err },
			"EC PRIVATE KEY":  func(b []byte) error { _, err := x509.ParseECPrivateKey(b); return err },
		} {
			if parse(data) == nil {
				return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: data}), nil
			}
		}
		return nil, notPEM(text, "PRIVATE KEY")
	}
	i := slices.IndexFunc(all, func(b block) bool { return strings.HasSuffix(b.Type, "PRIVATE KEY") })
	switch {
	case i < 0:
		return nil, fmt.Errorf("it has no private key, but %s", kinds(all))
	case all[i].encrypted:
		return nil, errors.New("it is encrypted, and there is no setting for its password: decrypt it with openssl pkey -in KEY -out DECRYPTED, and protect the file instead")
	case all[i].Type == "OPENSSH PRIVATE KEY":
		return nil, errors.New("it is in OpenSSH's own format: convert a copy with ssh-keygen -p -N '' -m PEM -f COPY")
	}
	return pem.EncodeToMemory(&all[i].Block), nil
}

// Pair returns certificates with the private key of one of them, which comes first,
// wherever it stands.
func Pair(certs []*x509.Certificate, key []byte) (tls.Certificate, error) {
	var first error
	for i := range certs {
		chain := slices.Concat(certs[i:i+1], certs[:i], certs[i+1:])
		var text bytes.Buffer
		for _, c := range chain {
			_ = pem.Encode(&text, &pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}) // a buffer takes everything
		}
		pair, err := tls.X509KeyPair(text.Bytes(), key)
		if err == nil {
			return pair, nil
		}
		if first == nil {
			first = err
		}
	}
	return tls.Certificate{}, first
}

// der returns what is DER, as it is or in base64.
func der(text []byte) []byte {
	if b, err := unbase64(string(text)); err == nil {
		return b
	}
	return text
}

func kinds(all []block) string {
	var names []string
	for _, b := range all {
		if !slices.Contains(names, b.Type) {
			names = append(names, b.Type)
		}
	}
	out := strings.Join(names, ", ")
	if strings.Contains(out, "PKCS7") {
		out += ": convert it with openssl pkcs7 -print_certs"
	}
	return out
}

// notPEM says what a text without BEGIN lines may be.
func notPEM(text []byte, want string) error {
	data := der(text)
	oidPKCS7Data := []byte{0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01}
	what := ""
	switch {
	case bytes.HasPrefix(data, []byte{0xfe, 0xed, 0xfe, 0xed}):
		what = "; it is a Java keystore: convert it with keytool -importkeystore -deststoretype PKCS12, and that with openssl pkcs12 -nodes"
	case bytes.Contains(data[:min(len(data), 64)], oidPKCS7Data):
		what = "; it is a PKCS #12 keystore: convert it with openssl pkcs12 -nodes"
	}
	return fmt.Errorf("it is not in PEM: a text with %s%s%s is expected%s", begin, want, dashes, what)
}
