package kafka

import "testing"

func TestMistakesInSASLSettings(t *testing.T) {
	for name, c := range map[string]struct {
		given map[string]string
		want  []complaint
	}{
		"user alone":     {map[string]string{"saslUsername": "u"}, []complaint{{"saslPassword", "required for authentication with PLAIN"}}},
		"password alone": {map[string]string{"saslPassword": "p"}, []complaint{{"saslUsername", "required for authentication with PLAIN"}}},
		"mechanism alone": {
			map[string]string{"saslMechanism": "SCRAM-SHA-256"},
			[]complaint{{"saslUsername", "required for authentication with SCRAM-SHA-256"}, {"saslPassword", "required for authentication with SCRAM-SHA-256"}},
		},
		"unknown mechanism": {
			map[string]string{"saslMechanism": "SCRAM-SHA-1", "saslUsername": "u", "saslPassword": "p"},
			[]complaint{{"saslMechanism", `"SCRAM-SHA-1" is unknown: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512`}},
		},
	} {
		t.Run(name, func(t *testing.T) { expectSharedComplaints(t, c.given, c.want) })
	}
}
