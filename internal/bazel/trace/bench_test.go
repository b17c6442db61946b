// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"bytes"
	"context"
	"testing"

	"github.com/klauspost/compress/gzip"

	"example.invalid/starlark-memls/internal/bazel/trace/tracetest"
)

// BenchmarkRead reads a generated profile, gzip, with and without the facts
// that are derived from it. `make bench` has the comparison with zcat.
func BenchmarkRead(b *testing.B) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	stats, err := tracetest.Generate(z, tracetest.Recipe{Events: 200_000, Seed: 1})
	if err != nil {
		b.Fatal(err)
	}
	if err := z.Close(); err != nil {
		b.Fatal(err)
	}
	starlark := Select(CategoryStarlarkCall, CategoryStarlarkBuiltin, CategoryGC, CategoryPhaseMarker)
	for _, bench := range []struct {
		name    string
		derive  bool
		options []Option
	}{
		{"everything", false, nil},
		{"selected", false, []Option{starlark}},
		{"calls", true, []Option{starlark}},
		{"general decoder", false, []Option{starlark, generalOnly}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.SetBytes(stats.Bytes)
			b.ReportAllocs()
			for b.Loop() {
				var calls PerThread[Nesting[int]]
				var collections CollectionRecorder
				visit := func(e *Event) error {
					if bench.derive {
						if e.Category == CategoryStarlarkCall {
							calls.Of(e.Thread).End(e.Span(), e.NameID)
						}
						collections.Add(e)
					}
					return nil
				}
				if _, err := Read(context.Background(), bytes.NewReader(packed.Bytes()), visit, bench.options...); err != nil {
					b.Fatal(err)
				}
				if bench.derive {
					Pauses(collections.Collections(false))
				}
			}
		})
	}
}

// generalOnly has every event read by the general decoder.
func generalOnly(s *settings) { s.general = true }
