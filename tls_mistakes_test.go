package kafka

import (
	"strings"
	"testing"
)

const encryptedKey = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMDEyMzQ1Njc4OQ==\n-----END ENCRYPTED PRIVATE KEY-----\n"

func TestMistakesInTLSSettings(t *testing.T) {
	cert, key := clientPair(t)
	_, otherKey := clientPair(t)
	certFile, keyFile, brokenFile := file(t, cert), file(t, key), file(t, "x")
	for name, c := range map[string]struct {
		given map[string]string
		want  []complaint
	}{
		"certificate alone":        {map[string]string{"clientCert": cert}, []complaint{{"clientKey", "clientCert is given without its private key"}}},
		"key alone":                {map[string]string{"clientKey": key}, []complaint{{"clientCert", "clientKey is given without its certificate"}}},
		"broken certificate":       {map[string]string{"clientCert": "x", "clientKey": key}, []complaint{{"clientCert", "in PEM"}}},
		"broken key":               {map[string]string{"clientCert": cert, "clientKey": "x"}, []complaint{{"clientKey", "in PEM"}}},
		"another's key":            {map[string]string{"clientCert": cert, "clientKey": otherKey}, []complaint{{"clientCert, clientKey", "does not match"}}},
		"CA not in PEM":            {map[string]string{"caCert": "x"}, []complaint{{"caCert", "-----BEGIN CERTIFICATE----- is expected"}}},
		"broken CA":                {map[string]string{"caCert": notACertificate}, []complaint{{"caCert", "PEM block 1 (CERTIFICATE)"}}},
		"CA cut short":             {map[string]string{"caCert": cert + strings.TrimSuffix(cert, "-----END CERTIFICATE-----\n")}, []complaint{{"caCert", "PEM block 2 (CERTIFICATE) is cut short"}}},
		"encrypted key":            {map[string]string{"clientCert": cert, "clientKey": encryptedKey}, []complaint{{"clientKey", "decrypt it with openssl pkey"}}},
		"swapped":                  {map[string]string{"clientCert": key, "clientKey": cert}, []complaint{{"clientCert", "no certificate, but PRIVATE KEY"}, {"clientKey", "no private key, but CERTIFICATE"}}},
		"broken second CA":         {map[string]string{"caCert": cert + notACertificate}, []complaint{{"caCert", "PEM block 2 (CERTIFICATE)"}}},
		"certificate's file alone": {map[string]string{"clientCertFile": certFile}, []complaint{{"clientKeyFile", "clientCertFile is given without its private key"}}},
		"key's file alone":         {map[string]string{"clientKeyFile": keyFile}, []complaint{{"clientCertFile", "clientKeyFile is given without its certificate"}}},
		"no such files": {
			map[string]string{"clientCertFile": "/nowhere/c", "clientKeyFile": "/nowhere/k", "caCertFile": "/nowhere/ca"},
			[]complaint{{"clientCertFile", "/nowhere/c: no such file"}, {"clientKeyFile", "/nowhere/k: no such file"}, {"caCertFile", "/nowhere/ca: no such file"}},
		},
		"broken files": {
			map[string]string{"clientCertFile": certFile, "clientKeyFile": brokenFile, "caCertFile": brokenFile},
			[]complaint{{"clientKeyFile", "in PEM"}, {"caCertFile", "is expected"}},
		},
		"texts and files": {
			map[string]string{
				"clientCert": cert, "clientCertFile": certFile, "clientKey": key, "clientKeyFile": keyFile, "caCert": cert, "caCertFile": certFile,
			},
			[]complaint{
				{"clientCertFile", "clientCert is given as well: give one of the two"},
				{"clientKeyFile", "clientKey is given as well: give one of the two"},
				{"caCertFile", "caCert is given as well: give one of the two"},
			},
		},
		"a text and another's file": {
			map[string]string{"clientCert": cert, "clientKeyFile": file(t, otherKey)},
			[]complaint{{"clientCert, clientKeyFile", "does not match"}},
		},
		"paths for texts": {
			map[string]string{"clientCert": certFile, "clientKey": "client.key", "caCert": "./ca.pem"},
			[]complaint{
				{"clientCert", "it is a path, and no text in PEM: give it as clientCertFile"},
				{"clientKey", "it is a path, and no text in PEM: give it as clientKeyFile"},
				{"caCert", "it is a path, and no text in PEM: give it as caCertFile"},
			},
		},
		"texts for paths": {
			map[string]string{"clientCertFile": cert, "clientKeyFile": key, "caCertFile": cert},
			[]complaint{
				{"clientCertFile", "for the text itself there is clientCert"},
				{"clientKeyFile", "for the text itself there is clientKey"},
				{"caCertFile", "for the text itself there is caCert"},
			},
		},
		"unknown version":  {map[string]string{"tls.minVersion": "TLSv1.2"}, []complaint{{"tls.minVersion", `"TLSv1.2" is not allowed: 1.2 or 1.3`}}},
		"server with port": {map[string]string{"tls.serverName": "a:9093"}, []complaint{{"tls.serverName", `"a:9093" is not the name of a host`}}},
		"all at once": {
			map[string]string{"tls.minVersion": "1", "tls.serverName": "https://a", "clientKey": key, "caCert": "x"},
			[]complaint{{"tls.minVersion", "1.2 or 1.3"}, {"tls.serverName", "host"}, {"clientCert", "without"}, {"caCert", "PEM"}},
		},
	} {
		t.Run(name, func(t *testing.T) { expectSharedComplaints(t, c.given, c.want) })
	}
}
