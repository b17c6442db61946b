// SPDX-License-Identifier: Apache-2.0

//go:build unix

package bench

import (
	"compress/gzip"
	"os"
	"path/filepath"
	"testing"

	"example.invalid/starlark-memls/internal/bazel/trace/tracetest"
)

// BenchmarkReport200MB is a report, with full attribution, on a profile of
// 200 MB and 1.8 million events, against `zcat FILE >/dev/null`. The bar is
// 0.8 of its wall time and 64 MiB.
func BenchmarkReport200MB(b *testing.B) {
	dir := b.TempDir()
	program := build(b)
	profile := filepath.Join(dir, "profile.gz")
	generate(b, profile, tracetest.Large)
	compare(b, 7,
		func() run { return measure(b, program, "report", profile) },
		func() run { return measure(b, "zcat", profile) })
}

func generate(b *testing.B, path string, p tracetest.Recipe) {
	b.Helper()
	file, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	z := gzip.NewWriter(file)
	if _, err := tracetest.Generate(z, p); err != nil {
		b.Fatal(err)
	}
	if err := z.Close(); err != nil {
		b.Fatal(err)
	}
	if err := file.Close(); err != nil {
		b.Fatal(err)
	}
}
