package hostile

import (
	"math"
	"math/rand/v2"
	"reflect"
	"strings"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// fields changes a few fields of an answer to something that they can't be, or could.
func fields(a *Answer) bool {
	a.change(func(res kmsg.Response) {
		for range 1 + a.rng.IntN(3) {
			var all []reflect.Value
			walk(reflect.ValueOf(res).Elem(), func(_ string, v reflect.Value) { all = append(all, v) })
			if len(all) > 0 {
				twist(all[a.rng.IntN(len(all))], a.rng)
			}
		}
	})
	return true
}

// setAll sets all fields of a name.
func setAll(res kmsg.Response, name string, n int64) {
	walk(reflect.ValueOf(res).Elem(), func(field string, v reflect.Value) {
		if field == name && v.CanInt() {
			v.SetInt(n)
		}
	})
}

// setTags adds tagged fields to each structure.
func setTags(res kmsg.Response, rng *rand.Rand) {
	n, size := []int{1, 1000, 100_000}[rng.IntN(3)], rng.IntN(20)
	walk(reflect.ValueOf(res).Elem(), func(field string, v reflect.Value) {
		if t, ok := v.Addr().Interface().(*kmsg.Tags); ok {
			for i := range n {
				t.Set(uint32(1000+i), make([]byte, size))
			}
			n = 1 // the rest gets few
		}
	})
}

// walk visits all that can be changed.
func walk(v reflect.Value, visit func(field string, v reflect.Value)) {
	for i := range v.NumField() {
		f, name := v.Field(i), v.Type().Field(i).Name
		if !f.CanSet() || name == "Version" && i == 0 {
			continue
		}
		switch {
		case f.Type() == reflect.TypeFor[kmsg.Tags]():
			visit(name, f)
		case f.Kind() == reflect.Struct:
			walk(f, visit)
		case f.Kind() == reflect.Slice && f.Type().Elem().Kind() == reflect.Struct:
			visit(name, f)
			for j := range f.Len() {
				walk(f.Index(j), visit)
			}
		default:
			visit(name, f)
		}
	}
}

// twist gives a field another value.
func twist(v reflect.Value, rng *rand.Rand) {
	switch {
	case v.CanInt():
		old := v.Int()
		v.SetInt([]int64{0, 1, -1, old + 1, old - 1, -old, math.MaxInt32, math.MaxInt64, math.MinInt64, int64(rng.Uint64()), int64(rng.IntN(130))}[rng.IntN(11)])
	case v.Kind() == reflect.Bool:
		v.SetBool(!v.Bool())
	case v.Kind() == reflect.String:
		v.SetString(text(rng))
	case v.Kind() == reflect.Pointer && v.Type().Elem().Kind() == reflect.String:
		s := text(rng)
		v.Set(reflect.ValueOf(&s))
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8:
		twistBytes(v, rng)
	case v.Kind() == reflect.Slice:
		twistSlice(v, rng)
	case v.Kind() == reflect.Array:
		v.Set(reflect.Zero(v.Type()))
	}
}

func text(rng *rand.Rand) string {
	return []string{"", "t", "other", "\x1b]0;title\x07\x1b[2J", "\xff\xfe", strings.Repeat("x", 30_000), "127.0.0.1", "a b", "__consumer_offsets"}[rng.IntN(9)]
}

func twistBytes(v reflect.Value, rng *rand.Rand) {
	b := v.Bytes()
	switch rng.IntN(4) {
	case 0:
		b = nil
	case 1:
		b = b[:rng.IntN(len(b)+1)]
	case 2:
		b = append(b[:len(b):len(b)], b...)
	default:
		b = append([]byte{}, b...)
		for range min(len(b), 1+rng.IntN(4)) {
			b[rng.IntN(len(b))] = byte(rng.Uint32())
		}
	}
	v.SetBytes(b)
}

func twistSlice(v reflect.Value, rng *rand.Rand) {
	switch n := v.Len(); {
	case rng.IntN(3) == 0:
		v.Set(reflect.Zero(v.Type()))
	case n == 0:
		v.Set(reflect.MakeSlice(v.Type(), 1+rng.IntN(1000), 1001))
	default:
		for range []int{1, 10, 1000}[rng.IntN(3)] {
			v.Set(reflect.Append(v, v.Index(rng.IntN(n))))
		}
	}
}
