package bundle

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/test/certs"
	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

// newCA returns an authority's certificate, PEM, and DER.
func newCA(t testing.TB) (text string, data []byte) {
	t.Helper()
	ca, err := certs.New("a CA")
	is.New(t).NoErr(err)
	b, _ := pem.Decode(ca.Cert())
	return string(ca.Cert()), b.Bytes
}

func encode(kind string, data []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: data}))
}

func replace(old, with string) func(string) string {
	return func(s string) string { return strings.ReplaceAll(s, old, with) }
}

func in16Bits(s string) string {
	var b bytes.Buffer
	for _, u := range utf16.Encode([]rune("\ufeff" + s)) {
		b.Write([]byte{byte(u), byte(u >> 8)})
	}
	return b.String()
}

// forms are what becomes of PEM on its way into settings and files.
var forms = map[string]func(string) string{
	"as it is":                func(s string) string { return s },
	"CRLF":                    replace("\n", "\r\n"),
	"CR":                      replace("\n", "\r"),
	"indented":                func(s string) string { return "    " + strings.ReplaceAll(s, "\n", "\n    ") },
	"indented by tabs":        func(s string) string { return "\t" + strings.ReplaceAll(s, "\n", "\n\t") },
	"folded into one line":    replace("\n", " "),
	"escaped":                 replace("\n", `\n`),
	"escaped twice":           replace("\n", `\r\n`),
	"quoted":                  func(s string) string { return `"` + strings.ReplaceAll(s, "\n", `\n`) + `"` },
	"without line breaks":     replace("\n", ""),
	"joined":                  replace("-----END CERTIFICATE-----\n-----BEGIN", "-----END CERTIFICATE----------BEGIN"),
	"joined, sharing dashes":  replace("-----END CERTIFICATE-----\n-----BEGIN", "-----END CERTIFICATE-----BEGIN"),
	"without a last line end": strings.TrimSpace,
	"base64":                  func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
	"base64 in lines": func(s string) string {
		return encode("X", []byte(s))[len("-----BEGIN X-----\n") : len(encode("X", []byte(s)))-len("-----END X-----\n")]
	},
	"BOM":    func(s string) string { return "\xef\xbb\xbf" + s },
	"UTF-16": in16Bits,
	"with comments": func(s string) string {
		return "# ours: 1\n" + strings.ReplaceAll(s, "-----BEGIN", "subject=/CN=x: y\n-----BEGIN") + "# end"
	},
	"with comments in between": func(s string) string { return strings.ReplaceAll(s, "-----\nMI", "-----\n# comment\nMI") },
}

func TestAllCertificatesOfABundleAreFound(t *testing.T) {
	one, oneDER := newCA(t)
	two, twoDER := newCA(t)
	three, threeDER := newCA(t)
	for name, form := range forms {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			got, err := Certificates([]byte(form(one + two + three)))
			is.NoErr(err)
			is.Equal(len(got), 3)
			for i, want := range [][]byte{oneDER, twoDER, threeDER} {
				is.Equal(got[i].Raw, want)
			}
		})
	}
}

func TestOneCertificateIsFoundInOtherForms(t *testing.T) {
	text, data := newCA(t)
	for name, form := range map[string]string{
		"DER": string(data), "DER in base64": base64.StdEncoding.EncodeToString(data),
		"trusted by openssl": encode("TRUSTED CERTIFICATE", append(bytes.Clone(data), 0x30, 0)),
		"beside a key":       encode("PRIVATE KEY", []byte("x")) + text + encode("X509 CRL", []byte("x")),
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			got, err := Certificates([]byte(form))
			is.NoErr(err)
			is.Equal(len(got), 1)
			is.Equal(got[0].Raw, data)
		})
	}
}

func TestWhatCannotBeUsedIsNamed(t *testing.T) {
	text, _ := newCA(t)
	cut := text[:len(text)/2]
	damaged := strings.Replace(text, "\nMI", "\n!!", 1)
	jks, _ := hex.DecodeString("feedfeed00000002")
	p12, _ := hex.DecodeString("308209ef02010330820906092a864886f70d010701a0820000")
	for name, c := range map[string]struct{ text, want string }{
		"the last is cut short":       {text + text + cut, "PEM block 3 (CERTIFICATE) is cut short: its line -----END CERTIFICATE----- is missing"},
		"one in between is cut short": {text + cut + text, "PEM block 2 (CERTIFICATE) is cut short"},
		"a BEGIN line is cut short":   {text + "-----BEGIN CERTI", "PEM block 2 is cut short in its BEGIN line"},
		"one is damaged":              {text + damaged, "PEM block 2 (CERTIFICATE) is damaged: it is not base64"},
		"one is empty":                {encode("CERTIFICATE", nil), "PEM block 1 (CERTIFICATE) is empty"},
		"one is something else":       {text + encode("CERTIFICATE", []byte("x")), "PEM block 2 (CERTIFICATE) is not a certificate"},
		"only a key":                  {encode("PRIVATE KEY", []byte("x")), "no certificate, but PRIVATE KEY"},
		"PKCS #7":                     {encode("PKCS7", []byte("x")), "openssl pkcs7 -print_certs"},
		"a Java keystore":             {string(jks), "it is a Java keystore: convert it"},
		"PKCS #12":                    {string(p12), "it is a PKCS #12 keystore: convert it with openssl pkcs12"},
		"nothing":                     {"", "a text with -----BEGIN CERTIFICATE----- is expected"},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			_, err := Certificates([]byte(c.text))
			is.True(err != nil)
			t.Log(err)
			expect.Error(t, err, c.want)
		})
	}
}

// keys are private keys in all their encodings.
func keys(t testing.TB) map[string]string {
	is := is.New(t)
	r, err := rsa.GenerateKey(rand.Reader, 2048)
	is.NoErr(err)
	e, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	is.NoErr(err)
	_, d, err := ed25519.GenerateKey(rand.Reader)
	is.NoErr(err)
	pkcs8 := func(k any) string {
		b, err := x509.MarshalPKCS8PrivateKey(k)
		is.NoErr(err)
		return encode("PRIVATE KEY", b)
	}
	sec1, err := x509.MarshalECPrivateKey(e)
	is.NoErr(err)
	return map[string]string{
		"RSA PKCS #1": encode("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(r)), "RSA": pkcs8(r),
		"EC SEC 1": encode("EC PRIVATE KEY", sec1), "EC": pkcs8(e), "Ed25519": pkcs8(d),
		"EC with parameters": "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n" + encode("EC PRIVATE KEY", sec1),
	}
}

func TestAKeyIsFoundInAllForms(t *testing.T) {
	for kind, key := range keys(t) {
		for name, form := range forms {
			t.Run(kind+", "+name, func(t *testing.T) {
				is := is.New(t)
				got, err := Key([]byte(form(key)))
				is.NoErr(err)
				is.True(strings.HasSuffix(key, string(got)))
			})
		}
		b, _ := pem.Decode([]byte(key))
		if b.Type == "EC PARAMETERS" {
			continue
		}
		t.Run(kind+", DER", func(t *testing.T) {
			is := is.New(t)
			got, err := Key(b.Bytes)
			is.NoErr(err)
			is.Equal(string(got), key)
		})
	}
}

func TestKeysThatCannotBeUsedAreNamed(t *testing.T) {
	cert, _ := newCA(t)
	block := &pem.Block{Type: "RSA PRIVATE KEY", Headers: map[string]string{"Proc-Type": "4,ENCRYPTED", "DEK-Info": "AES-256-CBC,00"}, Bytes: []byte("opensesame")}
	legacy := string(pem.EncodeToMemory(block))
	for name, c := range map[string]struct{ text, want string }{
		"encrypted, PKCS #8":             {encode("ENCRYPTED PRIVATE KEY", []byte("opensesame")), "it is encrypted, and there is no setting for its password: decrypt it with openssl pkey -in KEY"},
		"encrypted, legacy":              {legacy, "it is encrypted"},
		"encrypted, legacy, in one line": {strings.ReplaceAll(legacy, "\n", " "), "it is encrypted"},
		"OpenSSH's":                      {encode("OPENSSH PRIVATE KEY", []byte("opensesame")), "ssh-keygen"},
		"a certificate":                  {cert, "no private key, but CERTIFICATE"},
		"damaged":                        {"-----BEGIN PRIVATE KEY-----\nopen!sesame\n-----END PRIVATE KEY-----", "damaged"},
		"text":                           {"opensesame!", "it is not in PEM"},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			_, err := Key([]byte(c.text))
			is.True(err != nil)
			t.Log(err)
			expect.Error(t, err, c.want)
			is.True(!strings.Contains(err.Error(), "open") || strings.Contains(err.Error(), "openssl") && !strings.Contains(err.Error(), "sesame"))
		})
	}
}

// Chains are in any order; the certificate of the key is presented first.
func TestThePairBeginsWithTheKeysCertificate(t *testing.T) {
	is := is.New(t)
	ca, err := certs.New("a CA")
	is.NoErr(err)
	client, err := ca.Client("client")
	is.NoErr(err)
	chain, err := Certificates(append(bytes.Clone(ca.Cert()), client.Cert...))
	is.NoErr(err)
	pair, err := Pair(chain, client.Key)
	is.NoErr(err)
	is.Equal(pair.Certificate, [][]byte{chain[1].Raw, chain[0].Raw})

	other, err := ca.Client("other")
	is.NoErr(err)
	_, err = Pair(chain, other.Key)
	expect.Error(t, err, "does not match")
}

func FuzzBundle(f *testing.F) {
	text, data := newCA(f)
	for _, form := range forms {
		f.Add([]byte(form(text)))
	}
	f.Add(data)
	f.Fuzz(func(t *testing.T, text []byte) {
		certs, err := Certificates(text)
		if err == nil && len(certs) == 0 {
			t.Error("no certificate, and no error")
		}
		if n := strings.Count(string(text), begin+"CERTIFICATE"+dashes); err == nil && n > 0 && !strings.Contains(string(text), "X509 ") && !strings.Contains(string(text), "TRUSTED ") && len(certs) < n {
			t.Errorf("%d BEGIN lines, %d certificates, and no error", n, len(certs))
		}
		key, err := Key(text)
		if b, _ := pem.Decode(key); err == nil && b == nil {
			t.Error("no key, and no error")
		}
	})
}
