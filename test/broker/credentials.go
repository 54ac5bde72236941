package broker

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"
)

// The user that PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512 know, and the subject
// that [Token] is usually made for.
const (
	User     = "alice"
	Password = "alice-secret"
)

// Token returns an unsecured JSON Web Token, as the SASL listeners accept it
// with OAUTHBEARER: Kafka's validator for development, which checks that the
// token has a subject and has not expired, and no signature.
func Token(subject string, expires time.Time) string {
	claims, err := json.Marshal(map[string]any{
		"sub": subject,
		"iat": time.Now().Add(-time.Minute).Unix(),
		"exp": expires.Unix(),
	})
	if err != nil {
		panic(fmt.Sprintf("encode claims: %v", err)) // a string and two numbers
	}
	enc := base64.RawURLEncoding.EncodeToString
	return enc([]byte(`{"alg":"none"}`)) + "." + enc(claims) + "."
}
