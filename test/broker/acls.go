package broker

// ACLs returns the properties of a version of Kafka, as in [Options], that make a user
// need ACLs for everything. Who comes through a listener without SASL, brokers
// included, may do all.
func ACLs(version string) (map[string]string, error) {
	r, err := parseRelease(version)
	if err != nil {
		return nil, err
	}
	authorizer := "org.apache.kafka.metadata.authorizer.StandardAuthorizer"
	if !r.kraft() {
		authorizer = "kafka.security.authorizer.AclAuthorizer"
	}
	return map[string]string{"authorizer.class.name": authorizer, "super.users": "User:ANONYMOUS"}, nil
}
