package kafka

import (
	"context"
	"errors"
	"testing"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/golang/mock/gomock"
	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
	"github.com/conduitio/conduit-connector-kafka/mock"
	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

// decodingSource returns a source that reads the values of topic t and decodes them as JSON.
func decodingSource(t *testing.T, onError string, values ...string) *Source {
	t.Helper()
	b := message.Batch{Topic: "t"}
	for i, v := range values {
		b.Records = append(b.Records, recordbatch.Record{Offset: int64(i), Value: []byte(v)})
	}
	c := mock.NewMockConsumer(gomock.NewController(t))
	c.EXPECT().Next(gomock.Any(), gomock.Any()).Return([]message.Batch{b}, nil)
	s, _ := sourceWith(c, nil, "g")
	s.config.DecodeConfig = DecodeConfig{KeyDecode: "none", ValueDecode: "json", DecodeOnError: onError}
	is.New(t).NoErr(s.Open(context.Background(), nil))
	return s
}

func TestSourceReturnsWhatComesBeforeARecordThatCannotBeDecoded(t *testing.T) {
	is := is.New(t)
	s := decodingSource(t, "fail", `{"n":1}`, `{"n":2}`, `{`, `{"n":4}`)
	got, err := s.ReadN(context.Background(), 100)
	is.NoErr(err)
	is.Equal(len(got), 2)
	is.Equal(got[1].Payload.After, opencdc.StructuredData{"n": int64(2)})
	for range 2 { // and the error stays
		_, err = s.ReadN(context.Background(), 100)
		expect.Error(t, err, "read: record at offset 2 of partition 0 of topic t")
		var of *DecodeError
		is.True(errors.As(err, &of))
	}
}

func TestSourcePassesOnRawWhatCannotBeDecoded(t *testing.T) {
	is := is.New(t)
	s := decodingSource(t, "raw", `{"n":1}`, `{`, `{"n":3}`)
	got, err := s.ReadN(context.Background(), 100)
	is.NoErr(err)
	is.Equal(len(got), 3)
	is.Equal(got[1].Payload.After, opencdc.RawData("{"))
	expect.Text(t, got[1].Metadata[MetadataValueDecodeError], "it is not JSON")
}
