package primitive

import (
	"testing"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kmsg"
)

func TestWriterWritesWhatReaderReads(t *testing.T) {
	is := is.New(t)
	var w Writer
	w.Int16(-2)
	w.Int32(-3)
	w.Int64(-4)
	w.Bool(true)
	w.Bool(false)
	w.Uvarint(300)
	w.CompactString("")
	w.CompactString("topic")
	w.CompactNullableString("")
	w.CompactNullableString("rack")
	w.CompactCount(1)
	w.Raw([]byte{9})
	w.Null()
	w.Tags()
	r := NewReader(w.Written())
	is.Equal(r.Int16(), int16(-2))
	is.Equal(r.Int32(), int32(-3))
	is.Equal(r.Int64(), int64(-4))
	is.True(r.Bool())
	is.True(!r.Bool())
	is.Equal(r.Uvarint(), uint64(300))
	is.Equal(r.CompactString(), "")
	is.Equal(r.CompactString(), "topic")
	is.Equal(r.CompactString(), "")
	is.Equal(r.CompactString(), "rack")
	is.Equal(r.CompactCount(1), 1)
	is.Equal(r.Take(1), []byte{9})
	is.Equal(r.CompactCount(1), 0)
	r.Tags()
	is.NoErr(r.Err())
	is.Equal(r.Len(), 0)
}

// DescribeGroups 5 is flexible.
func TestWriterWritesWhatFranzGoReads(t *testing.T) {
	is := is.New(t)
	var w Writer
	w.CompactCount(2)
	w.CompactString("a")
	w.CompactString("bc")
	w.Bool(true)
	w.Tags()
	req := kmsg.NewPtrDescribeGroupsRequest()
	req.SetVersion(5)
	is.NoErr(req.ReadFrom(w.Written()))
	is.Equal(req.Groups, []string{"a", "bc"})
	is.True(req.IncludeAuthorizedOperations)
	is.Equal(req.AppendTo(nil), w.Written())
}
