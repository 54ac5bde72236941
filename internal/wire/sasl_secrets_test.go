package wire

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/segmentio/kafka-go/protocol/saslauthenticate"
)

func TestRefusalHidesWhatABrokerRepeatsInOtherForms(t *testing.T) {
	const password = `open"sesame`
	l := login{mechanism: "PLAIN", message: []byte("\x00user\x00" + password)}
	for name, told := range map[string]string{
		"the message in base64":  base64.StdEncoding.EncodeToString(l.message),
		"the password in base64": base64.StdEncoding.EncodeToString([]byte(password)),
		"the password escaped":   fmt.Sprintf("%q", password),
	} {
		err := l.refusal(&saslauthenticate.Response{ErrorCode: 58, ErrorMessage: "bad credentials " + told})
		if strings.Contains(err.Error(), strings.Trim(told, `"`)) {
			t.Errorf("%s is repeated: %v", name, err)
		}
	}
}
