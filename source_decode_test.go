package kafka

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/golang/mock/gomock"
	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/sr"
	"github.com/twmb/franz-go/pkg/sr/srfake"

	"github.com/conduitio/conduit-connector-kafka/internal/check"
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
	c.EXPECT().MemberID().AnyTimes()
	c.EXPECT().Committed(gomock.Any(), gomock.Any()).AnyTimes()
	c.EXPECT().Next(gomock.Any(), gomock.Any()).Return([]message.Batch{b}, nil)
	s, _ := sourceWith(c, nil, "g")
	s.config.DecodeConfig = DecodeConfig{KeyDecode: "none", ValueDecode: "json", DecodeOnError: onError}
	is.New(t).NoErr(s.Open(context.Background(), nil))
	return s
}

// registered returns a source that reads values which begin with the ID of a schema in
// the registry, and the registry.
func registered(t *testing.T, values ...string) (*Source, *mock.MockConsumer, *srfake.Registry) {
	t.Helper()
	r := srfake.New()
	t.Cleanup(r.Close)
	r.SeedSchema("t-value", 1, 7, sr.Schema{Schema: `{"type":"record","name":"r","fields":[{"name":"n","type":"int"}]}`})
	b := message.Batch{Topic: "t"}
	for i, v := range values {
		b.Records = append(b.Records, recordbatch.Record{Offset: int64(i), Value: []byte(v)})
	}
	c := mock.NewMockConsumer(gomock.NewController(t))
	c.EXPECT().MemberID().AnyTimes()
	c.EXPECT().Committed(gomock.Any(), gomock.Any()).AnyTimes()
	c.EXPECT().Next(gomock.Any(), gomock.Any()).Return([]message.Batch{b}, nil)
	s, _ := sourceWith(c, nil, "g")
	s.config.DecodeConfig = DecodeConfig{ValueDecode: "avro", DecodeOnError: "fail"}
	s.config.URLs, s.config.RequestTimeout = []string{r.URL()}, 10*time.Second
	is.New(t).NoErr(s.Open(context.Background(), nil))
	return s, c, r
}

// fail has the registry answer an error of its own until the returned function is
// called. asked is closed at the first question.
func fail(r *srfake.Registry) (mend func(), asked chan struct{}) {
	var down atomic.Bool
	down.Store(true)
	asked = make(chan struct{})
	var once sync.Once
	r.Intercept(func(w http.ResponseWriter, _ *http.Request) bool {
		if !down.Load() {
			return false
		}
		w.WriteHeader(http.StatusServiceUnavailable)
		once.Do(func() { close(asked) })
		return true
	})
	return func() { down.Store(false) }, asked
}

func TestSourceWaitsForTheSchemaRegistry(t *testing.T) {
	is := is.New(t)
	s, _, r := registered(t, "\x00\x00\x00\x00\x07\x02", "\x00\x00\x00\x00\x07\x04")
	mend, asked := fail(r)
	go func() { <-asked; mend() }()
	got, err := s.ReadN(context.Background(), 100)
	is.NoErr(err)
	is.Equal(len(got), 2)
	is.Equal(got[1].Payload.After, opencdc.StructuredData{"n": int64(2)})
	is.Equal(got[1].Metadata[MetadataValueSchemaID], "7")
}

func TestTheEndOfAReadEndsItsWaitForTheSchemaRegistry(t *testing.T) {
	is := is.New(t)
	s, _, r := registered(t, "\x00\x00\x00\x00\x07\x02")
	mend, asked := fail(r)
	ctx, cancel := context.WithCancel(context.Background())
	go func() { <-asked; cancel() }()
	_, err := s.ReadN(ctx, 100)
	is.Equal(err, context.Canceled)
	mend()
	got, err := s.Read(context.Background()) // nothing was lost
	is.NoErr(err)
	is.Equal(got.Payload.After, opencdc.StructuredData{"n": int64(1)})
}

func TestTeardownEndsTheWaitForTheSchemaRegistry(t *testing.T) {
	is := is.New(t)
	s, c, r := registered(t, "\x00\x00\x00\x00\x07\x02")
	c.EXPECT().Close(gomock.Any())
	_, asked := fail(r)
	read := make(chan error)
	go func() {
		_, err := s.Read(context.Background())
		read <- err
	}()
	<-asked
	is.NoErr(s.Teardown(context.Background()))
	is.True(errors.Is(<-read, errSourceTornDown))
}

func TestTheCheckTriesTheSchemaRegistry(t *testing.T) {
	is := is.New(t)
	r := srfake.New()
	defer r.Close()
	c, err := ParseSource(map[string]string{"servers": "a:1", "topics": "t", "value.decode": "avro", "schemaRegistry.urls": r.URL()})
	is.NoErr(err)
	is.Equal(c.checkRegistry(context.Background()), []CheckResult{{Step: "schema registry", Subject: r.URL(), Outcome: check.OK}})
	r.Intercept(func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(http.StatusUnauthorized); return true })
	got := c.checkRegistry(context.Background())
	is.Equal(got[0].Outcome, check.Failed)
	expect.Text(t, got[0].Reason, "answers 401")
	c.URLs = nil
	is.Equal(len(c.checkRegistry(context.Background())), 0)
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
