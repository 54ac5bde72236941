package kafka

import (
	"encoding/json"
	"fmt"
)

// Settings become the text that %+v makes of them when somebody logs them as JSON: their
// secrets stay out of that as well.

// MarshalJSON keeps secrets out of JSON.
func (c Config) MarshalJSON() ([]byte, error) { return json.Marshal(fmt.Sprintf("%+v", c)) }

// MarshalJSON keeps secrets out of JSON.
func (c SourceConfig) MarshalJSON() ([]byte, error) { return json.Marshal(fmt.Sprintf("%+v", c)) }

// MarshalJSON keeps secrets out of JSON.
func (c DestinationConfig) MarshalJSON() ([]byte, error) { return json.Marshal(fmt.Sprintf("%+v", c)) }
