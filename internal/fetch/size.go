package fetch

// smallAnswer is what is asked for at a time while records wait for their user: more
// would only take memory.
const smallAnswer = 4 << 20

// answerSize is the size of the answers to ask a broker for. It grows while the user
// waits for records: then each answer costs a round trip, which may be a long one.
type answerSize int32

// next is the size of the next answer, given the bytes that wait for the user.
func (s *answerSize) next(cfg *Config, waiting int) int32 {
	least := min(max(smallAnswer, cfg.MinBytes), cfg.MaxBytes)
	size := max(int32(*s), least)
	switch {
	case waiting == 0:
		size += min(size, cfg.MaxBytes-size)
	case waiting > cfg.MaxBuffered/2:
		size = max(size/2, least)
	}
	*s = answerSize(size)
	return size
}
