//go:build race

package fetch

// raceDetector says that a sync.Pool forgets a quarter of what it is given.
const raceDetector = true
