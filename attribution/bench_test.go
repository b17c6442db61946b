// SPDX-License-Identifier: Apache-2.0

package attribution

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/starlark"
)

// BenchmarkConclude joins 1,000 functions of 100 builds with a workspace of
// 1,000 functions.
func BenchmarkConclude(b *testing.B) {
	observations, ws := manyObservations(b, 1000, 100)
	b.ResetTimer()
	for b.Loop() {
		if r := Conclude(context.Background(), observations, ws, ConcludeOptions{}); len(r.Suspects) == 0 {
			b.Fatal("no suspects")
		}
	}
}

// BenchmarkRebase is what follows an edit: the same evidence, the next
// snapshot.
func BenchmarkRebase(b *testing.B) {
	observations, ws := manyObservations(b, 1000, 100)
	r := Conclude(context.Background(), observations, ws, ConcludeOptions{})
	path := filepath.Join(ws.Root(), "p", "f0.bzl")
	text, err := os.ReadFile(path)
	if err != nil {
		b.Fatal(err)
	}
	next, err := ws.With(b.Context(), map[string][]byte{path: append([]byte("# edited\n"), text...)}, nil)
	if err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	for b.Loop() {
		if got := Rebase(r, next); len(got.Suspects) != len(r.Suspects) {
			b.Fatal("suspects were lost")
		}
	}
}

func manyObservations(b *testing.B, functions, builds int) ([]*observe.Observation, *starlark.Workspace) {
	dir, err := filepath.EvalSymlinks(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "p"), 0o755); err != nil {
		b.Fatal(err)
	}
	var build strings.Builder
	for f := range functions / 20 {
		var text strings.Builder
		for i := range 20 {
			fmt.Fprintf(&text, "def impl%d(ctx):\n    return []\n\nrule%d = rule(implementation = impl%d)\n\n", f*20+i, f*20+i, f*20+i)
		}
		name := fmt.Sprintf("f%d.bzl", f)
		if err := os.WriteFile(filepath.Join(dir, "p", name), []byte(text.String()), 0o644); err != nil {
			b.Fatal(err)
		}
		fmt.Fprintf(&build, "load(%q, \"rule%d\")\n", ":"+name, f*20)
	}
	for name, text := range map[string]string{"WORKSPACE": "", "p/BUILD": build.String()} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			b.Fatal(err)
		}
	}
	ws, err := starlark.Load(b.Context(), dir, starlark.LoadOptions{})
	if err != nil {
		b.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 1))
	var observations []*observe.Observation
	for i := range builds {
		o := crashedAt(fmt.Sprintf("run-%03d", i), nil, "impl1", "impl2", fmt.Sprintf("impl%d", r.IntN(functions)))
		o.Trace.Functions = nil
		for f := range functions {
			self := r.Int64N(1_000_000)
			o.Trace.Functions = append(o.Trace.Functions, observe.Activity{Name: fmt.Sprintf("impl%d", f), Calls: 3, SelfMicros: self, TotalMicros: self, ExclusiveMicros: self})
			o.Trace.SelfMicros += self
		}
		if i%3 == 0 {
			o.Crashes, o.Summary.Status = nil, "ok"
		}
		observations = append(observations, o)
	}
	return observations, ws
}
