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
		"no such files": {
			map[string]string{"saslUsernameFile": "/nowhere/user", "saslPasswordFile": "/nowhere/password"},
			[]complaint{{"saslUsernameFile", "/nowhere/user: no such file"}, {"saslPasswordFile", "/nowhere/password: no such file"}},
		},
		"an empty file":    {map[string]string{"saslUsername": "u", "saslPasswordFile": file(t, "\n")}, []complaint{{"saslPasswordFile", "the file is empty"}}},
		"text and file":    {map[string]string{"saslUsername": "u", "saslPassword": "p", "saslPasswordFile": file(t, "p")}, []complaint{{"saslPasswordFile", "saslPassword is given as well"}}},
		"a file of others": {map[string]string{"saslMechanism": "OAUTHBEARER", "oauth.tokenFile": file(t, "abc"), "saslPasswordFile": file(t, "p")}, []complaint{{"saslPasswordFile", "saslMechanism OAUTHBEARER does not use it"}}},
		"unknown mechanism": {
			map[string]string{"saslMechanism": "SCRAM-SHA-1", "saslUsername": "u", "saslPassword": "p"},
			[]complaint{{"saslMechanism", "it is none of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER or AWS_MSK_IAM"}},
		},
	} {
		t.Run(name, func(t *testing.T) { expectSharedComplaints(t, c.given, c.want) })
	}
}

func TestMistakesInOAuthSettings(t *testing.T) {
	tokenFile, empty := file(t, "abc"), file(t, "")
	const tokenURL = "https://login.example.com/token"
	for name, c := range map[string]struct {
		given map[string]string
		want  []complaint
	}{
		"nothing": {nil, []complaint{{"oauth.tokenURL", "OAUTHBEARER needs it, or oauth.tokenFile"}}},
		"a client without a URL": {
			map[string]string{"oauth.clientID": "c", "oauth.clientSecret": "s"},
			[]complaint{{"oauth.tokenURL", "needs it"}},
		},
		"a URL alone": {
			map[string]string{"oauth.tokenURL": tokenURL},
			[]complaint{{"oauth.clientID", "required for oauth.tokenURL"}, {"oauth.clientSecret", "required for oauth.tokenURL"}},
		},
		"parameters with settings of their own": {
			map[string]string{
				"oauth.tokenURL": tokenURL, "oauth.clientID": "c", "oauth.clientSecret": "s",
				"oauth.parameters": "scope=x, grant_type=password, resource=fine, a.b_c=fine=too",
			},
			[]complaint{{"oauth.parameters", "scope is not a further parameter: set oauth.scopes"}, {"oauth.parameters", "always client_credentials"}},
		},
		"no pairs": {
			map[string]string{"oauth.tokenURL": tokenURL, "oauth.clientID": "c", "oauth.clientSecret": "s", "oauth.parameters": "a=b,c,=d,a=e"},
			[]complaint{{"oauth.parameters", "pair 2 is not name=value"}, {"oauth.parameters", "pair 3 is not name=value"}, {"oauth.parameters", `"a" is given twice`}},
		},
		"extensions that can't be sent": {
			map[string]string{"oauth.tokenFile": tokenFile, "oauth.extensions": "auth=x, a-b=x, c=ü, d=, logicalCluster=lkc-1"},
			[]complaint{{"oauth.extensions", "the token's own"}, {"oauth.extensions", `"a-b": the name of an extension has letters`}, {"oauth.extensions", `"c": the value`}, {"oauth.extensions", `"d": the value`}},
		},
		"secret and authority in files that are none": {
			map[string]string{"oauth.tokenURL": tokenURL, "oauth.clientID": "c", "oauth.clientSecretFile": "/nowhere/secret", "oauth.caCertFile": empty},
			[]complaint{{"oauth.clientSecretFile", "/nowhere/secret: no such file"}, {"oauth.caCertFile", "-----BEGIN CERTIFICATE-----"}},
		},
		"settings of an endpoint with a file": {
			map[string]string{"oauth.tokenFile": tokenFile, "oauth.audience": "a", "oauth.caCert": "x", "oauth.parameters": "resource=x"},
			[]complaint{{"oauth.audience", "it is for oauth.tokenURL"}, {"oauth.caCert", "it is for"}, {"oauth.parameters", "it is for"}},
		},
		"http": {
			map[string]string{"oauth.tokenURL": "http://login.example.com/token", "oauth.clientID": "c", "oauth.clientSecret": "s"},
			[]complaint{{"oauth.tokenURL", "it is not an https URL"}},
		},
		"no host": {
			map[string]string{"oauth.tokenURL": "https:///token", "oauth.clientID": "c", "oauth.clientSecret": "s"},
			[]complaint{{"oauth.tokenURL", "it is not an https URL"}},
		},
		"no URL": {
			map[string]string{"oauth.tokenURL": "https://%zz", "oauth.clientID": "c", "oauth.clientSecret": "s"},
			[]complaint{{"oauth.tokenURL", "it is not an https URL"}},
		},
		"a user in the URL": {
			map[string]string{"oauth.tokenURL": "https://c:s@login.example.com/token", "oauth.clientID": "c", "oauth.clientSecret": "s"},
			[]complaint{{"oauth.tokenURL", "a user in it is not used"}},
		},
		"scopes with blanks": {
			map[string]string{"oauth.tokenURL": tokenURL, "oauth.clientID": "c", "oauth.clientSecret": "s", "oauth.scopes": "a b,c,d e"},
			[]complaint{{"oauth.scopes", `"a b" is not a scope: separate them by commas`}, {"oauth.scopes", `"d e"`}},
		},
		"a URL and a file": {
			map[string]string{"oauth.tokenURL": tokenURL, "oauth.clientID": "c", "oauth.clientSecret": "s", "oauth.tokenFile": tokenFile},
			[]complaint{{"oauth.tokenFile", "oauth.tokenURL is given as well: give one of the two"}},
		},
		"a client and a file": {
			map[string]string{"oauth.tokenFile": tokenFile, "oauth.clientID": "c", "oauth.clientSecret": "s", "oauth.scopes": "x"},
			[]complaint{{"oauth.clientID", "it is for oauth.tokenURL"}, {"oauth.clientSecret", "it is for oauth.tokenURL"}, {"oauth.scopes", "it is for oauth.tokenURL"}},
		},
		"no file":     {map[string]string{"oauth.tokenFile": "/nowhere/token"}, []complaint{{"oauth.tokenFile", "/nowhere/token: no such file"}}},
		"no token":    {map[string]string{"oauth.tokenFile": empty}, []complaint{{"oauth.tokenFile", "the token is empty"}}},
		"a file: URL": {map[string]string{"oauth.tokenFile": "file://" + tokenFile}, []complaint{{"oauth.tokenFile", "no such file"}}},
		"no path":     {map[string]string{"oauth.tokenFile": "eyJhbGciOiJub25lIn0.e30."}, []complaint{{"oauth.tokenFile", "not the token itself"}}},
		"a login": {
			map[string]string{"oauth.tokenFile": tokenFile, "saslUsername": "u", "saslPassword": "p"},
			[]complaint{{"saslUsername", "saslMechanism OAUTHBEARER does not use it"}, {"saslPassword", "saslMechanism OAUTHBEARER does not use it"}},
		},
		"all at once": {
			map[string]string{
				"servers": "a", "caCert": "x", "oauth.tokenURL": "login", "oauth.tokenFile": tokenFile, "oauth.clientID": "c", "oauth.scopes": "a b", "saslUsername": "u",
			},
			[]complaint{
				{"servers", `"a"`}, {"caCert", "PEM"}, {"oauth.tokenURL", "https"}, {"oauth.tokenFile", "one of the two"},
				{"oauth.clientSecret", "required"}, {"oauth.scopes", `"a b"`}, {"saslUsername", "does not use it"},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			expectSharedComplaints(t, changed(map[string]string{"saslMechanism": "OAUTHBEARER"}, c.given), c.want)
		})
	}
}

func TestCredentialsNeedTheirMechanism(t *testing.T) {
	for name, c := range map[string]struct {
		given map[string]string
		want  []complaint
	}{
		"tokens alone": {
			map[string]string{"oauth.tokenFile": "/nowhere"},
			[]complaint{{"saslMechanism", "it must be given with oauth.tokenFile"}},
		},
		"a region alone": {
			map[string]string{"aws.region": "eu-central-1"},
			[]complaint{{"saslMechanism", "it must be given with aws.region"}},
		},
		"MSK without a region": {
			map[string]string{"saslMechanism": "AWS_MSK_IAM"},
			[]complaint{{"aws.region", "it is required for authentication with AWS_MSK_IAM"}},
		},
		"MSK with everything else": {
			map[string]string{
				"saslMechanism": "AWS_MSK_IAM", "aws.region": "Frankfurt", "saslUsername": "u", "saslPassword": "p",
				"oauth.tokenURL": "https://a", "oauth.clientID": "c", "oauth.clientSecret": "s", "oauth.scopes": "x", "oauth.tokenFile": "/nowhere",
			},
			[]complaint{
				{"aws.region", `"Frankfurt" is not the name of a region`},
				{"saslUsername", "saslMechanism AWS_MSK_IAM does not use it"}, {"saslPassword", "does not use it"},
				{"oauth.tokenURL", "does not use it"}, {"oauth.clientID", "does not use it"}, {"oauth.clientSecret", "does not use it"},
				{"oauth.scopes", "does not use it"}, {"oauth.tokenFile", "does not use it"},
			},
		},
		"keys in part": {
			map[string]string{"saslMechanism": "AWS_MSK_IAM", "aws.region": "eu-central-1", "aws.sessionToken": "x"},
			[]complaint{{"aws.accessKeyID", "required with aws.sessionToken"}, {"aws.secretAccessKey", "required with aws.sessionToken"}},
		},
		"keys and a profile": {
			map[string]string{"saslMechanism": "AWS_MSK_IAM", "aws.region": "eu-central-1", "aws.accessKeyID": "x", "aws.secretAccessKey": "x", "aws.profile": "p"},
			[]complaint{{"aws.profile", "aws.accessKeyID is given as well"}},
		},
		"half a role": {
			map[string]string{"saslMechanism": "AWS_MSK_IAM", "aws.region": "eu-central-1", "aws.externalID": "xx", "aws.sessionName": "yy"},
			[]complaint{{"aws.externalID", "it is for aws.roleARN"}, {"aws.sessionName", "it is for aws.roleARN"}},
		},
		"no role": {
			map[string]string{"saslMechanism": "AWS_MSK_IAM", "aws.region": "eu-central-1", "aws.roleARN": "kafka", "aws.externalID": "x", "aws.sessionName": "a b"},
			[]complaint{{"aws.roleARN", "not the ARN of a role"}, {"aws.externalID", "2 to 1224"}, {"aws.sessionName", "2 to 64"}},
		},
		"the region of other brokers": {
			map[string]string{"servers": "b-1.orders.a1b2c3.c4.kafka.eu-west-1.amazonaws.com:9098", "saslMechanism": "AWS_MSK_IAM", "aws.region": "eu-central-1"},
			[]complaint{{"aws.region", `"eu-central-1" is not that of server "b-1.orders.a1b2c3.c4.kafka.eu-west-1.amazonaws.com:9098", for example "eu-west-1"`}},
		},
		"AWS with a password": {
			map[string]string{"saslUsername": "u", "saslPassword": "p", "aws.profile": "p", "aws.roleARN": "r", "aws.secretAccessKey": "s"},
			[]complaint{{"aws.profile", "saslMechanism PLAIN does not use it"}, {"aws.roleARN", "does not use it"}, {"aws.secretAccessKey", "does not use it"}},
		},
		"a region with PLAIN": {
			map[string]string{"saslUsername": "u", "saslPassword": "p", "aws.region": "eu-central-1"},
			[]complaint{{"aws.region", "saslMechanism PLAIN does not use it"}},
		},
		"tokens with a login": {
			map[string]string{"oauth.tokenURL": "https://a", "saslUsername": "u", "saslPassword": "p"},
			[]complaint{{"oauth.tokenURL", "saslMechanism PLAIN does not use it"}},
		},
		"tokens with SCRAM": {
			map[string]string{"saslMechanism": "SCRAM-SHA-512", "oauth.clientSecret": "s"},
			[]complaint{
				{"oauth.clientSecret", "saslMechanism SCRAM-SHA-512 does not use it"},
				{"saslUsername", "required for authentication with SCRAM-SHA-512"},
				{"saslPassword", "required for authentication with SCRAM-SHA-512"},
			},
		},
	} {
		t.Run(name, func(t *testing.T) { expectSharedComplaints(t, c.given, c.want) })
	}
}
