// Package bundle reads certificates and private keys in the forms in which they lie
// around: PEM (RFC 7468) of any line ends, indented, with its line breaks lost, escaped
// or replaced by blanks, with blocks joined on a line, between comments, in base64 once
// more as Kubernetes shows its secrets; and DER.
//
// What can't be used is an error that says which part it is and, where that is known,
// how to convert it. No error has anything of a key.
package bundle
