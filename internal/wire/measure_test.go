package wire

import (
	"encoding/binary"
	"reflect"
	"testing"

	"github.com/matryer/is"
	"github.com/segmentio/kafka-go/protocol"
	_ "github.com/segmentio/kafka-go/protocol/apiversions"
	_ "github.com/segmentio/kafka-go/protocol/findcoordinator"
	_ "github.com/segmentio/kafka-go/protocol/heartbeat"
	_ "github.com/segmentio/kafka-go/protocol/initproducerid"
	_ "github.com/segmentio/kafka-go/protocol/joingroup"
	_ "github.com/segmentio/kafka-go/protocol/leavegroup"
	_ "github.com/segmentio/kafka-go/protocol/listoffsets"
	_ "github.com/segmentio/kafka-go/protocol/metadata"
	_ "github.com/segmentio/kafka-go/protocol/offsetcommit"
	_ "github.com/segmentio/kafka-go/protocol/offsetfetch"
	_ "github.com/segmentio/kafka-go/protocol/produce"
	_ "github.com/segmentio/kafka-go/protocol/saslauthenticate"
	_ "github.com/segmentio/kafka-go/protocol/saslhandshake"
	_ "github.com/segmentio/kafka-go/protocol/syncgroup"
	"github.com/twmb/franz-go/pkg/kmsg"
)

var answered = []protocol.ApiKey{
	protocol.Produce, protocol.ListOffsets, protocol.Metadata, protocol.OffsetCommit, protocol.OffsetFetch, protocol.FindCoordinator,
	protocol.JoinGroup, protocol.Heartbeat, protocol.LeaveGroup, protocol.SyncGroup, protocol.SaslHandshake, protocol.ApiVersions,
	protocol.InitProducerId, protocol.SaslAuthenticate,
}

// full is an answer as a broker writes it, each array with two items.
func full(key protocol.ApiKey, version int16) []byte {
	res := kmsg.ResponseForKey(int16(key))
	fill(reflect.ValueOf(res).Elem())
	res.SetVersion(version)
	frame := make([]byte, 8)
	if res.IsFlexible() {
		frame = append(frame, 1, 77, 2, 0, 0) // a tagged field that nobody knows
	}
	frame = res.AppendTo(frame)
	binary.BigEndian.PutUint32(frame, uint32(len(frame)-4))
	return frame
}

func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(1)
	case reflect.String:
		v.SetString("text")
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			fill(v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if name := v.Type().Field(i).Name; name != "UnknownTags" && name != "Version" {
				fill(v.Field(i))
			}
		}
	}
}

func TestTakesTheAnswersThatBrokersWriteAndNoPartOfOne(t *testing.T) {
	for _, key := range answered {
		for version := key.MinVersion(); version <= key.MaxVersion(); version++ {
			is := is.New(t)
			frame := full(key, version)
			if _, err := decode(frame, key, version); err != nil {
				t.Fatalf("%s v%d: %v", key, version, err)
			}
			for n := 8; n < len(frame); n++ {
				_, err := decode(frame[:n], key, version)
				is.True(err != nil) // only the first n bytes
			}
			_, err := decode(append(frame, 0), key, version)
			is.True(err != nil) // something after it
		}
	}
}

// Whatever a broker sends, decoding it ends, in little memory, without a panic.
func FuzzDecode(f *testing.F) {
	for i, key := range answered {
		f.Add(uint8(i), uint8(0), full(key, key.MinVersion())[8:])
		f.Add(uint8(i), uint8(99), full(key, key.MaxVersion())[8:])
		f.Add(uint8(i), uint8(99), []byte{0xff, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff})
		f.Add(uint8(i), uint8(99), []byte{0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff})
	}
	f.Fuzz(func(_ *testing.T, which, version uint8, body []byte) {
		key := answered[int(which)%len(answered)]
		v := min(key.MinVersion()+int16(version), key.MaxVersion())
		frame := append(make([]byte, 8), body...)
		binary.BigEndian.PutUint32(frame, uint32(len(frame)-4))
		_, _ = decode(frame, key, v)
	})
}
