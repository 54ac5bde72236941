package security

// option reports whether a setting is given.
type option struct {
	name  string
	given bool
}

func givenSettings(all ...option) []string {
	var names []string
	for _, s := range all {
		if s.given {
			names = append(names, s.name)
		}
	}
	return names
}

// redacted reports whether a setting is given, but not its value.
func redacted(secret string) string {
	if secret == "" {
		return "(none)"
	}
	return "(set)"
}
