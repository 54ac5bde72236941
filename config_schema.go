package kafka

import "github.com/conduitio/conduit-connector-kafka/internal/convert"

// DecodeConfig is how a source decodes keys and values.
type DecodeConfig struct {
	// How to decode keys: none (they stay bytes), json, or connect-json (JSON with a
	// schema beside it, as Kafka Connect's JsonConverter writes it with
	// schemas.enable). An object becomes structured data, null stays null, and any
	// other value becomes raw data.
	KeyDecode string `json:"key.decode" default:"none"`
	// How to decode values: see key.decode.
	ValueDecode string `json:"value.decode" default:"none"`
	// What to do with a record whose key or value can't be decoded: fail (the source
	// ends with an error that names the record) or raw (they stay bytes, and the
	// metadata fields kafka.key.decodeError and kafka.value.decodeError say why).
	DecodeOnError string `json:"decode.onError" default:"fail"`
}

// decoding is what the settings say about decoding keys and values.
func (c *DecodeConfig) decoding() convert.DecodeConfig {
	return convert.DecodeConfig{KeyDecode: c.KeyDecode, ValueDecode: c.ValueDecode, DecodeOnError: c.DecodeOnError}
}
