// SPDX-License-Identifier: Apache-2.0

package live

import (
	"time"

	"example.invalid/starlark-memls/internal/bazel/server"
)

// A Cost is what asking takes, as far as the counters tell.
type Cost struct {
	HeapBytes int64 // in use now, garbage included: what is dumped
	// Pause is how long the server will stand still, at least and at most.
	Least, Most time.Duration
}

// The rates at which heaps came over, in bytes a second: a quiet machine, and
// one whose processors are all taken (docs/before-the-crash.md).
const (
	quietRate = 400 << 20
	busyRate  = 60 << 20
)

// CostOf reads it off the counters; the server notices nothing.
func CostOf(s *server.Server) (Cost, error) {
	f, err := s.Counters()
	if err != nil {
		return Cost{}, err
	}
	defer f.Close()
	c, err := f.Read()
	if err != nil {
		return Cost{}, err
	}
	heap := c.Sample().UsedBytes
	return Cost{HeapBytes: heap,
		Least: time.Duration(float64(heap) / quietRate * float64(time.Second)),
		Most:  time.Duration(float64(heap) / busyRate * float64(time.Second))}, nil
}
