package check

import "testing"

func TestTheNearestNameIsFound(t *testing.T) {
	known := []string{"servers", "topics", "topic", "topicsRegex", "saslPassword", "saslPasswordFile", "tls.enabled", "batchBytes"}
	for name, want := range map[string]string{
		"topcis": "topics", "Topics": "topics", "topik": "topic", "server": "servers", "bootstrapServers": "", "saslpassword": "saslPassword",
		"saslPasswordfile": "saslPasswordFile", "tls.enable": "tls.enabled", "x": "", "": "", "batch.bytes": "batchBytes",
	} {
		if got := Nearest(name, known); got != want {
			t.Errorf("%q: %q, not %q", name, got, want)
		}
	}
}

func TestEditsAreCounted(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "abc", 3}, {"abc", "", 3}, {"abc", "abd", 1}, {"abc", "acb", 1}, {"kitten", "sitting", 3}} {
		if got := edits(c.a, c.b); got != c.want {
			t.Errorf("%q, %q: %d", c.a, c.b, got)
		}
	}
}
