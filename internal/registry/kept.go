package registry

// What is kept is bounded in entries and in bytes, of all that an entry has. Above that all
// is forgotten: topics have few schemas, and what is needed is asked for again.
const (
	maxKept      = 1000
	maxKeptBytes = 32 << 20
)

// kept is a bounded map. The zero value is ready.
type kept[K comparable, V any] struct {
	entries map[K]V
	size    int
}

func (k *kept[K, V]) get(key K) (V, bool) {
	v, ok := k.entries[key]
	return v, ok
}

// put keeps a value of a size in bytes. One that is put again counts twice, until all is
// forgotten.
func (k *kept[K, V]) put(key K, v V, size int) {
	if k.entries == nil || len(k.entries) >= maxKept || k.size+size > maxKeptBytes {
		k.entries, k.size = make(map[K]V), 0
	}
	k.entries[key] = v
	k.size += size
}
