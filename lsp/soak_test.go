// SPDX-License-Identifier: Apache-2.0

package lsp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"time"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/lsp/internal/session"
	"example.invalid/starlark-memls/lsp/lsptest"
	"example.invalid/starlark-memls/starlark"
)

// A long session, as several editors' worth of users would have it: requests
// in random order over several documents, up to some in flight at once, with
// edits, closes, cancellations and changed settings between them, and one
// request in a thousand that is malformed.
//
// Every answer is held against the text that the client had when it asked: a
// soakDocument knows by itself on which line its function and its crash are.
// The memory that is in use after a collection is looked at now and then, with
// nothing open and nothing under way: it must not grow.

const (
	soakRequests    = 100_000
	soakCheckpoints = 5
	soakDocuments   = 4
	soakInFlight    = 8
	soakLimit       = 15 * time.Minute // on a machine with much else to do
)

// Not parallel: it measures the memory of the process, and tests that are
// parallel run before or after.
func TestSoak(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: a hundred thousand requests")
	}
	s := newSoak(t)
	var heaps []uint64
	for i := range soakRequests {
		s.step(i)
		if (i+1)%(soakRequests/soakCheckpoints) == 0 {
			heaps = append(heaps, s.restingHeap())
		}
	}
	t.Logf("%v; in use after each %d: %d bytes", s.counts, soakRequests/soakCheckpoints, heaps)
	for i, heap := range heaps {
		if limit := heaps[0] + heaps[0]/10 + 1<<20; heap > limit {
			t.Errorf("%d bytes are in use after %d requests, and were %d after the first %d", heap, (i+1)*soakRequests/soakCheckpoints, heaps[0], soakRequests/soakCheckpoints)
		}
	}
	for _, kind := range []string{"malformed", "cancelled", "edit", "close", "settings", "lenses", "hover", "hints", "diagnostics", "actions", "published"} {
		if s.counts[kind] == 0 {
			t.Errorf("no %s among %v", kind, s.counts)
		}
	}
}

type soak struct {
	*harness
	random    *rand.Rand
	documents []*soakDocument
	flying    []soakRequest
	counts    map[string]int
}

// A soakRequest is under way; check knows what the answer must be.
type soakRequest struct {
	id        int64
	pending   lsptest.Pending
	what      string
	cancelled bool
	code      int // of the error that must come; 0 for none
	check     func(json.RawMessage) error
}

func newSoak(t *testing.T) *soak {
	files := map[string]string{"MODULE.bazel": ""}
	var documents []*soakDocument
	for i := range soakDocuments {
		d := newSoakDocument(fmt.Sprintf("f%d", i))
		documents = append(documents, d)
		files[d.file] = d.saved
	}
	h := startFor(t, soakLimit, workspace(t, files), soakPipeline(documents))
	h.initialize(nil)
	h.settled()
	return &soak{harness: h, random: rand.New(rand.NewPCG(6, 4)), documents: documents, counts: map[string]int{}}
}

// soakPipeline has evidence that follows the text: each function is a suspect,
// and the build has died on the first line in it.
func soakPipeline(documents []*soakDocument) session.Pipeline {
	report := func(ws *starlark.Workspace) *attribution.Report {
		fixture := &evidenceFixture{}
		for _, d := range documents {
			definition := definitionIn(ws, d.file, d.function)
			if definition == nil {
				continue
			}
			crash := definition.Range.Start.Line + 1
			one := suspect(d.function, d.file)
			one.Lines = []attribution.LineEvidence{{Line: crash, CrashFrames: 1}}
			fixture.Suspects = append(fixture.Suspects, one)
			fixture.Crashes = append(fixture.Crashes, crashFixture{Stack: []frameFixture{{Function: d.function, File: d.file, Line: crash}}})
		}
		return fixture.report(ws)
	}
	p := quietPipeline()
	p.Conclude = func(_ context.Context, _ []*observe.Observation, ws *starlark.Workspace, _ attribution.ConcludeOptions) *attribution.Report {
		return report(ws)
	}
	p.Rebase = func(_ *attribution.Report, ws *starlark.Workspace) *attribution.Report { return report(ws) }
	return p
}

// step does what may be done without a request, and begins one.
func (s *soak) step(i int) {
	d := s.documents[s.random.IntN(len(s.documents))]
	switch n := s.random.IntN(20); {
	case !d.open:
		d.reopen()
		s.open(d.file, d.text())
	case n == 0:
		s.counts["close"]++
		d.open = false
		s.notify("textDocument/didClose", docParams(s.uri(d.file)))
	case n < 8:
		s.counts["edit"]++
		s.notify("textDocument/didChange", map[string]any{
			"textDocument":   map[string]any{"uri": s.uri(d.file), "version": d.version + 1},
			"contentChanges": []any{d.edit(s.random)},
		})
	}
	if s.random.IntN(500) == 0 {
		s.counts["settings"]++
		on := s.random.IntN(2) == 0
		s.Handle("workspace/configuration", func(json.RawMessage) (any, error) {
			return []any{map[string]any{"hover": map[string]any{"enable": on}}}, nil
		})
		s.notify("workspace/didChangeConfiguration", map[string]any{"settings": nil})
	}
	if i%1000 == 999 {
		s.begin(s.malformed(d))
	} else {
		s.begin(s.request(d))
	}
	for len(s.flying) > s.random.IntN(soakInFlight) {
		s.land()
	}
	if i%100 == 0 {
		s.checkPublished()
	}
}

// begin sends a request, and at times takes it back.
func (s *soak) begin(method string, params map[string]any, r soakRequest) {
	s.t.Helper()
	var err error
	if r.id, r.pending, err = s.Start(method, params); err != nil {
		s.t.Fatal(err)
	}
	s.counts[r.what]++
	if r.code == 0 && s.random.IntN(10) == 0 {
		r.cancelled = true
		s.counts["cancelled"]++
		s.notify("$/cancelRequest", map[string]any{"id": r.id})
	}
	s.flying = append(s.flying, r)
}

// land waits for the oldest request's answer, and checks it.
func (s *soak) land() {
	s.t.Helper()
	r := s.flying[0]
	s.flying = s.flying[1:]
	answer, err := s.Wait(s.ctx, r.id, r.pending)
	var failure *lsptest.RPCError
	switch {
	case errors.As(err, &failure) && r.cancelled && failure.Code == -32800:
	case errors.As(err, &failure) && r.code != 0 && failure.Code == r.code && failure.Message != "":
	case err != nil || r.code != 0:
		s.t.Fatalf("%s: answered %s, %v; want error %d", r.what, answer, err, r.code)
	default:
		if err := r.check(answer); err != nil {
			s.t.Fatalf("%s: %v\nthe answer is %s", r.what, err, answer)
		}
	}
}

// restingHeap closes all, waits until nothing is under way, and returns the
// bytes that are in use then.
func (s *soak) restingHeap() uint64 {
	for len(s.flying) > 0 {
		s.land()
	}
	for _, d := range s.documents {
		if d.open {
			d.open = false
			s.notify("textDocument/didClose", docParams(s.uri(d.file)))
		}
	}
	s.call("textDocument/codeLens", docParams(s.uri(s.documents[0].file)), nil) // the closes were read
	s.settled()
	s.checkPublished()
	var stats runtime.MemStats
	for range 2 { // what a finalizer frees goes with the second
		runtime.GC()
	}
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

// checkPublished holds the diagnostics that came with a version against the
// text of that version.
func (s *soak) checkPublished() {
	s.t.Helper()
	for _, r := range s.TakeReceived() {
		if r.Method != "textDocument/publishDiagnostics" {
			continue
		}
		var p struct {
			URI         string
			Version     *int
			Diagnostics []wireDiagnostic
		}
		if err := json.Unmarshal(r.Params, &p); err != nil {
			s.t.Fatal(err)
		}
		for _, d := range s.documents {
			if p.URI != s.uri(d.file) || p.Version == nil {
				continue
			}
			s.counts["published"]++
			// Versions begin anew with each opening: any text of that number.
			if want := d.history[*p.Version]; len(want) == 0 {
				s.t.Fatalf("%s has no version %d", d.file, *p.Version)
			} else if err := anyOf(want, func(at soakLines) error { return at.checkDiagnostics(p.Diagnostics) }); err != nil {
				s.t.Fatalf("published for version %d of %s: %v", *p.Version, d.file, err)
			}
		}
	}
}

func anyOf(all []soakLines, check func(soakLines) error) error {
	var err error
	for _, one := range all {
		if err = check(one); err == nil {
			return nil
		}
	}
	return err
}

// malformed is a request that no client should send, and its error.
func (s *soak) malformed(d *soakDocument) (string, map[string]any, soakRequest) {
	const invalidParams, methodNotFound = -32602, -32601
	all := []struct {
		method string
		params map[string]any
		code   int
	}{
		{"textDocument/hover", map[string]any{"textDocument": 7}, invalidParams},
		{"textDocument/codeLens", nil, invalidParams},
		{"textDocument/inlayHint", map[string]any{"textDocument": map[string]any{"uri": s.uri(d.file)}, "range": "all"}, invalidParams},
		{"workspace/executeCommand", map[string]any{"command": "starlark-memls.jumpToCrash", "arguments": []any{map[string]any{"crash": "first"}}}, invalidParams},
		{"textDocument/nonsense", map[string]any{}, methodNotFound},
		{strings.Repeat("m", 1000), map[string]any{}, methodNotFound},
	}
	one := all[s.random.IntN(len(all))]
	return one.method, one.params, soakRequest{what: "malformed", code: one.code}
}
