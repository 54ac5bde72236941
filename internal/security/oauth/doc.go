// Package oauth authenticates with bearer tokens: the SASL mechanism OAUTHBEARER
// (RFC 7628, KIP-255), with tokens from an endpoint that gives them for a client's
// own credentials (RFC 6749, section 4.4; KIP-768), or from a file that something
// else renews.
//
// Neither a token nor the client's secret is ever part of an error.
package oauth
