// SPDX-License-Identifier: Apache-2.0

package tracetest_test

import (
	"bytes"
	"context"
	"testing"

	"example.invalid/starlark-memls/internal/bazel/trace"
	"example.invalid/starlark-memls/internal/bazel/trace/tracetest"
)

func generate(t *testing.T, p tracetest.Recipe) ([]byte, tracetest.Stats) {
	t.Helper()
	var out bytes.Buffer
	stats, err := tracetest.Generate(&out, p)
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes(), stats
}

// TestGenerate: a generated profile is one that the reader takes without
// complaint and that holds what its Stats say; its calls nest on every thread.
func TestGenerate(t *testing.T) {
	t.Parallel()
	text, stats := generate(t, tracetest.Recipe{Events: 20_000, Seed: 3})
	var calls trace.PerThread[trace.Nesting[int]]
	deepest := 0 // calls around one
	var collections trace.CollectionRecorder
	user, builtin := 0, 0
	summary, err := trace.Read(context.Background(), bytes.NewReader(text), func(e *trace.Event) error {
		switch e.Category {
		case trace.CategoryStarlarkCall:
			user++
		case trace.CategoryStarlarkBuiltin:
			builtin++
		}
		if e.Category == trace.CategoryStarlarkCall || e.Category == trace.CategoryStarlarkBuiltin {
			n := calls.Of(e.Thread)
			made, _ := n.End(e.Span(), 0)
			for _, callee := range n.Callees() {
				made.About = max(made.About, callee.About+1)
			}
			deepest = max(deepest, made.About)
		}
		collections.Add(e)
		return nil
	})
	if err != nil || summary.Damage != "" || !summary.Finished || len(summary.Blind) != 0 {
		t.Errorf("%v, %+v", err, summary)
	}
	got := tracetest.Stats{
		Events: int(summary.Events), UserCalls: user, BuiltinCalls: builtin,
		Collections: len(collections.Collections(false)), Bytes: int64(len(text)), LastMicros: stats.LastMicros,
	}
	if got != stats || stats.Events < 20_000 || stats.Collections == 0 {
		t.Errorf("read %+v, generated %+v", got, stats)
	}
	threads := 0
	for range calls.All() {
		threads++
	}
	if threads != 8 || deepest < 4 {
		t.Errorf("calls on %d threads, %d deep", threads, deepest)
	}
}

// TestGenerateIsDeterministic: equal profiles from equal Profiles, others from
// another seed.
func TestGenerateIsDeterministic(t *testing.T) {
	t.Parallel()
	p := tracetest.Recipe{Events: 2000, Threads: 12, Functions: 30, Seed: 9}
	a, _ := generate(t, p)
	b, _ := generate(t, p)
	p.Seed++
	c, _ := generate(t, p)
	if !bytes.Equal(a, b) || bytes.Equal(a, c) {
		t.Error("not determined by the Profile")
	}
}

// TestGenerateCut: what a crash leaves.
func TestGenerateCut(t *testing.T) {
	t.Parallel()
	text, stats := generate(t, tracetest.Recipe{Events: 2000, Cut: true})
	summary, err := trace.Read(context.Background(), bytes.NewReader(text), func(*trace.Event) error { return nil })
	if err != nil || summary.Damage == "" || summary.Finished || int(summary.Events) != stats.Events {
		t.Errorf("%v, %+v", err, summary)
	}
}
