// SPDX-License-Identifier: Apache-2.0

package retained

// noise is by how much the retained bytes of one kind of holder may differ
// between equal builds: the larger of a share and a number of bytes. It is
// chosen above what was measured (docs/memory-as-a-number.md; TestNoise holds
// one to the other).
type noise struct {
	share float64
	bytes int64
}

var noises = map[string]noise{
	// Caches that fill while Bazel runs, what the JVM compiled, the profiler's
	// and the console's buffers.
	"bazel": {0.03, 512 << 10},
	Live:    {0.002, 512 << 10},
}

// exact is the noise of the other kinds: what Starlark made is equal to the
// byte but for hash codes and iterators that the JVM keeps once they are asked
// for.
var exact = noise{0, 256}

// NoiseOf is by how many bytes a holder of that kind and size may differ between
// equal builds.
func NoiseOf(kind string, bytes int64) int64 {
	n, ok := noises[kind]
	if !ok {
		n = exact
	}
	return max(n.bytes, int64(n.share*float64(bytes)))
}
