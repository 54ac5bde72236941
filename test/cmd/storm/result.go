package main

import "fmt"

// result is what was measured of one client by one protocol.
type result struct {
	client, protocol string
	changes          int
	calm             gaps // without changes
	gaps                  // with changes
	lost             int
	busy             string
}

const heading = `| protocol | client | changes | calm: longest | stay: 99.9 % | longest | over 100 ms | moved | move: median | 99 % | longest | read twice | lost | CPU |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
`

func (r result) String() string {
	return fmt.Sprintf("| %s | %s | %d | %s | %s | %s | %d of %d | %d | %s | %s | %s | %d of %d | %d | %s |",
		r.protocol, r.client, r.changes, at(r.calm.stays, 1), at(r.stays, 0.999), at(r.stays, 1), r.over(), len(r.stays),
		len(r.moves), at(r.moves, 0.5), at(r.moves, 0.99), at(r.moves, 1), r.twice, r.counts, r.lost, r.busy)
}
