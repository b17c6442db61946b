// SPDX-License-Identifier: Apache-2.0

package lsp

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/lsp/lsptest"
)

// The benchmarks talk to a process of its own over stdin and stdout, as an
// editor does: this test binary, which serves when serveEnv is set.
const serveEnv = "STARLARK_MEMLS_TEST_SERVE"

func TestMain(m *testing.M) {
	if os.Getenv(serveEnv) != "" {
		serveBenchmark()
		return
	}
	verify(m)
}

const benchFunctions = 2000

func benchSource() string {
	var b strings.Builder
	for i := range benchFunctions {
		fmt.Fprintf(&b, "def function_%04d_impl(target, ctx):\n    x = [str(t) for t in target]\n    return x\n\n", i)
	}
	return b.String()
}

// serveBenchmark serves a file in which each of 2,000 functions is a suspect.
func serveBenchmark() {
	fixture := &evidenceFixture{}
	for i := range benchFunctions {
		fixture.Suspects = append(fixture.Suspects, suspectFixture{
			Name: fmt.Sprintf("function_%04d_impl", i), File: "big.bzl", Score: 0.5,
			Evidence: attribution.Evidence{attribution.Crashes.Is(15), attribution.ActiveAtCrash.Is(14), attribution.RetainedBytes.Is(float64(i << 20)), attribution.GCEvents.Is(79)},
		})
	}
	ctx := context.Background()
	s, err := newServer(ctx, Options{CacheDir: os.Getenv(serveEnv), Log: os.Stderr}, fixturePipeline(fixture))
	if err == nil {
		err = s.serve(ctx, Stdio())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

type benchSession struct {
	*lsptest.Session
	b       *testing.B
	ctx     context.Context
	uri     string
	version int
}

func startBenchmark(b *testing.B) *benchSession {
	b.Helper()
	root := b.TempDir()
	source := benchSource()
	for name, text := range map[string]string{"MODULE.bazel": "", "big.bzl": source} {
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	b.Cleanup(cancel)
	binary, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	b.Setenv(serveEnv, filepath.Join(root, "cache"))
	session, err := lsptest.Start(ctx, os.Stderr, binary)
	if err != nil {
		b.Fatal(err)
	}
	s := &benchSession{Session: session, b: b, ctx: ctx, uri: "file://" + root + "/big.bzl", version: 1}
	params := map[string]any{"processId": nil, "rootUri": "file://" + root, "capabilities": map[string]any{}}
	if _, err := s.Initialize(ctx, params); err != nil {
		b.Fatal(err)
	}
	s.notify("textDocument/didOpen", map[string]any{"textDocument": map[string]any{"uri": s.uri, "languageId": "starlark", "version": 1, "text": source}})
	for deadline := time.Now().Add(30 * time.Second); s.lenses() != benchFunctions; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			b.Fatal("the lenses did not come")
		}
	}
	b.Cleanup(func() {
		if err := s.Shutdown(ctx); err != nil {
			b.Error(err)
		}
	})
	return s
}

func (s *benchSession) notify(method string, params any) {
	if err := s.Notify(method, params); err != nil {
		s.b.Fatal(err)
	}
}

// lenses asks for the lenses and counts them.
func (s *benchSession) lenses() int {
	id, pending, err := s.Start("textDocument/codeLens", docParams(s.uri))
	if err != nil {
		s.b.Fatal(err)
	}
	raw, err := s.Wait(s.ctx, id, pending)
	if err != nil {
		s.b.Fatal(err)
	}
	return bytes.Count(raw, []byte(`"command":{`))
}

func (s *benchSession) edit() {
	s.version++
	at := map[string]any{"line": (s.version*37%benchFunctions)*4 + 3, "character": 0} // an empty line
	s.notify("textDocument/didChange", map[string]any{
		"textDocument":   map[string]any{"uri": s.uri, "version": s.version},
		"contentChanges": []any{map[string]any{"range": map[string]any{"start": at, "end": at}, "text": "#"}},
	})
}

// report gives the percentiles that the issue asks for.
func reportPercentiles(b *testing.B, all []time.Duration) {
	slices.Sort(all)
	at := func(p float64) float64 { return float64(all[int(p*float64(len(all)-1))].Microseconds()) / 1000 }
	b.ReportMetric(at(0.5), "p50-ms")
	b.ReportMetric(at(0.99), "p99-ms")
	b.ReportMetric(at(1), "max-ms")
}

// BenchmarkLenses asks for 2,000 lenses over stdio, from the request's first
// byte to the answer's last one, decoding not included.
func BenchmarkLenses(b *testing.B) {
	s := startBenchmark(b)
	var all []time.Duration
	for b.Loop() {
		begin := time.Now()
		if n := s.lenses(); n != benchFunctions {
			b.Fatalf("%d lenses", n)
		}
		all = append(all, time.Since(begin))
	}
	reportPercentiles(b, all)
}

// BenchmarkEditAndLenses types a character, and asks for 2,000 lenses.
func BenchmarkEditAndLenses(b *testing.B) {
	s := startBenchmark(b)
	var all []time.Duration
	for b.Loop() {
		begin := time.Now()
		s.edit()
		if n := s.lenses(); n != benchFunctions {
			b.Fatalf("%d lenses", n)
		}
		all = append(all, time.Since(begin))
	}
	reportPercentiles(b, all)
}

// BenchmarkEmptyAnswer is the baseline: a request with nothing to answer.
func BenchmarkEmptyAnswer(b *testing.B) {
	s := startBenchmark(b)
	params := docParams(s.uri + "x")
	var all []time.Duration
	for b.Loop() {
		begin := time.Now()
		if err := s.Call(s.ctx, "textDocument/codeLens", params, nil); err != nil {
			b.Fatal(err)
		}
		all = append(all, time.Since(begin))
	}
	reportPercentiles(b, all)
}
