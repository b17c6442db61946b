// SPDX-License-Identifier: Apache-2.0

//go:build unix

package bench

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"example.invalid/starlark-memls/internal/bazeltest"
)

var (
	dumpMemory = flag.String("dump-memory", "1100m", "the heap of the Bazel whose dump the benchmarks read, where $HPROF_DUMP names none")
	leastDump  = flag.Int64("least-dump", 1<<30, "how many bytes that dump must have")
)

// realDump is the heap dump that $HPROF_DUMP names, or one that a real Bazel
// leaves: examples/culprits/lists with as many rows as fill any heap, so that it
// is the hardest kind, tens of millions of small objects, with Starlark on its
// stacks. Making it takes minutes: to compare again, keep one.
func realDump(b *testing.B) string {
	b.Helper()
	if path := os.Getenv("HPROF_DUMP"); path != "" {
		return path
	}
	w := bazeltest.New(b, "culprits", bazeltest.WorkspaceOptions{NoLinks: true})
	file := filepath.Join(w.Dir, "lists", "rows.bzl")
	text, err := os.ReadFile(file)
	more := bytes.Replace(text, []byte("default = 2000000"), []byte("default = 100000000"), 1)
	if err := errors.Join(err, os.WriteFile(file, more, 0o644)); err != nil || bytes.Equal(text, more) {
		b.Fatalf("raising the rows of %s: %v", file, err)
	}
	r := w.Build(b, *dumpMemory, "//lists/...")
	dumps := w.HeapDumps(b)
	if len(dumps) == 0 {
		b.Fatalf("Bazel left no heap dump; exit code %d:\n%s", r.ExitCode, r.Console)
	}
	info, err := os.Stat(dumps[0])
	if err != nil || info.Size() < *leastDump {
		b.Fatalf("%s is smaller than %d bytes: %v", dumps[0], *leastDump, err)
	}
	return dumps[0]
}
