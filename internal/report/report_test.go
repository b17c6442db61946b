// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/attribution/join"
	"example.invalid/starlark-memls/starlark"
)

func written(t testing.TB, write func(io.Writer) error) string {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestGoldens(t *testing.T) {
	t.Parallel()
	r := sample()
	for name, write := range map[string]func(io.Writer) error{
		"report.txt":  func(w io.Writer) error { return WriteText(w, r, options()) },
		"whole.txt":   func(w io.Writer) error { return WriteText(w, r, whole()) },
		"report.json": func(w io.Writer) error { return WriteJSON(w, r, options()) },
		"report.md":   func(w io.Writer) error { return WriteMarkdown(w, r, options()) },
		"crash.txt":   func(w io.Writer) error { return WriteCrash(w, r, options()) },
		"evidence.md": func(w io.Writer) error { return WriteEvidence(w, r, &r.Suspects[0], options()) },
		"open.md":     func(w io.Writer) error { return WriteEvidence(w, r, &r.Suspects[1], options()) },
		"crash.md":    func(w io.Writer) error { return WriteCrashPage(w, r, &r.Crashes[4], options()) },
		"inferred.md": func(w io.Writer) error { return WriteCrashPage(w, r, &r.Crashes[1], options()) },
		"hover.md": func(w io.Writer) error {
			_, err := io.WriteString(w, Hover(&r.Suspects[0], options()))
			return err
		},
		"nothing.txt": func(w io.Writer) error { return WriteText(w, &attribution.Report{}, Options{}) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			golden(t, name, written(t, write))
		})
	}
}

// contract is the example of the command line's contract, word for word.
const contract = `{"schema": 1,
 "measurements": [{"path": "…", "series": "…", "memory_limit_bytes": 157286400, "run": "1", "status": "ok", "gc_count": 79, "duration_micros": 5468123, "warnings": ["…"]}],
 "functions": [{"rank": 1, "name": "traverse_impl", "file": "memory/eat.bzl", "line": 7, "score": 0.97,
                "candidates": [{"file": "…", "line": 1}],
                "evidence": {"crash_frames": 3, "active_at_crash": 14, "crashes": 15, "overrepresentation": 6.3, "p_value": 0.0001, "q_value": 0.002,
                             "gc_rate_ratio": 2.1, "restart_ratio": 1.4, "calls": 99, "total_micros": 1, "self_micros": 1,
                             "allocated_bytes": 1, "retained_bytes": 1, "cpu_micros": 1}}],
 "crashes": [{"path": "…", "cause": "java_heap_space", "target": "//cpu:lock_19", "threads": [{"name": "…", "failed": true,
              "frames": [{"function": "traverse_impl", "file": "memory/eat.bzl", "line": 20, "column": 1, "locals": [{"name": "joined", "type": "string", "shallow_bytes": 1, "retained_bytes": 1, "length": 1}]}]}]}],
 "warnings": ["…"]}`

// Every key of the contract is a field, and what is read back and written
// again has the same keys and values.
func TestTheContractsExample(t *testing.T) {
	t.Parallel()
	d := json.NewDecoder(strings.NewReader(contract))
	d.DisallowUnknownFields()
	var document Document
	if err := d.Decode(&document); err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	var want, got any
	for text, to := range map[string]*any{contract: &want, string(again): &got} {
		if err := json.Unmarshal([]byte(text), to); err != nil {
			t.Fatal(err)
		}
	}
	contains(t, "", got, want)
}

// contains requires each key and value of want in got.
func contains(t *testing.T, path string, got, want any) {
	t.Helper()
	switch want := want.(type) {
	case map[string]any:
		m, _ := got.(map[string]any)
		for key, value := range want {
			if _, there := m[key]; !there {
				t.Errorf("%s.%s is missing", path, key)
				continue
			}
			contains(t, path+"."+key, m[key], value)
		}
	case []any:
		list, _ := got.([]any)
		if len(list) != len(want) {
			t.Errorf("%s has %d elements, want %d", path, len(list), len(want))
			return
		}
		for i := range want {
			contains(t, path+"["+strconv.Itoa(i)+"]", list[i], want[i])
		}
	default:
		if got != want {
			t.Errorf("%s is %v, want %v", path, got, want)
		}
	}
}

// A field that is not known is absent, a known zero is written.
func TestUnknownIsAbsent(t *testing.T) {
	t.Parallel()
	text := written(t, func(w io.Writer) error { return WriteJSON(w, sample(), options()) })
	var d struct {
		Measurements []map[string]any
		Functions    []struct{ Evidence map[string]any }
	}
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		t.Fatal(err)
	}
	first := d.Functions[0].Evidence
	if v, there := first["allocated_bytes"]; !there || v != 0.0 {
		t.Errorf("a known zero: %v, %v", v, there)
	}
	for _, key := range []string{"growth", "restart_ratio"} {
		if _, there := first[key]; there {
			t.Errorf("%s is not known, but written", key)
		}
	}
	if _, there := d.Measurements[1]["memory_limit_bytes"]; there {
		t.Error("an unknown limit is written")
	}
	if v, there := d.Measurements[2]["gc_count"]; !there || v != 0.0 {
		t.Errorf("no GC: %v, %v", v, there)
	}
}

func TestAnEmptyReportHasItsLists(t *testing.T) {
	t.Parallel()
	text := written(t, func(w io.Writer) error { return WriteJSON(w, &attribution.Report{}, Options{}) })
	var d map[string]any
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"measurements", "functions", "crashes", "warnings"} {
		if list, ok := d[key].([]any); !ok || len(list) != 0 {
			t.Errorf("%s is %v, want an empty list", key, d[key])
		}
	}
}

var quickfix = regexp.MustCompile(`^[^:]+:[1-9][0-9]*(:[1-9][0-9]*)?: \S.*$`)

func TestCrashLinesAreAQuickfixList(t *testing.T) {
	t.Parallel()
	r := sample()
	text := written(t, func(w io.Writer) error { return WriteCrash(w, r, options()) })
	blocks := strings.Split(strings.TrimRight(text, "\n"), "\n\n")
	if len(blocks) != len(r.Crashes) {
		t.Fatalf("%d blocks for %d crashes", len(blocks), len(r.Crashes))
	}
	for _, block := range blocks {
		for line := range strings.SplitSeq(block, "\n") {
			if !quickfix.MatchString(line) {
				t.Errorf("no quickfix line: %q", line)
			}
		}
	}
	first := strings.Split(blocks[0], "\n")
	if len(first) != 3 || first[1] != strings.Replace(first[0], "the Java heap was full while evaluating //cpu:lock_19: ", "", 1) {
		t.Errorf("%q: want the guilty frame, then all frames, it among them", first)
	}
	if !strings.HasPrefix(first[0], "memory/eat.bzl:11:5: ") || !strings.Contains(first[0], "the builtin write") {
		t.Errorf("first line %q: want the guilty frame, with the builtin that it called", first[0])
	}
	if !strings.Contains(blocks[1], "inferred") || !strings.HasPrefix(blocks[1], "memory/eat.bzl:6:5: ") {
		t.Errorf("an inferred definition is not marked as such: %q", blocks[1])
	}
	if strings.Count(blocks[2], "\n") != 1 || !strings.Contains(blocks[2], "candidate 2 of 2") {
		t.Errorf("an open name gives its candidates: %q", blocks[2])
	}
	for _, l := range first {
		if strings.Contains(l, "inferred") {
			t.Errorf("a frame that was printed is called inferred: %q", l)
		}
	}
}

// Stacks at their edges, and a console that someone else wrote.
func TestCrashLinesOfOddStacks(t *testing.T) {
	t.Parallel()
	builtin := func(name string) attribution.Frame { return attribution.Frame{Function: name, File: "<builtin>"} }
	f := attribution.Frame{Function: "f", File: "/x/caf\xe9.bzl", Line: 3}
	for name, test := range map[string]struct {
		frames []attribution.Frame
		want   []string
	}{
		"builtins alone":       {[]attribution.Frame{builtin("fail"), builtin("print")}, []string{"/m:1: the cause is not known: in the builtin fail in print, with no other frame on the stack"}},
		"builtins at the end":  {[]attribution.Frame{f, builtin("rule"), builtin("aspect")}, []string{"/x/caf\xe9.bzl:3: the cause is not known: in f, called by rule, called by aspect", "/x/caf\xe9.bzl:3: in f, called by rule, called by aspect"}},
		"control characters":   {[]attribution.Frame{{Function: "f\x1b[2J\n", File: "/x/a\n.bzl", Line: 1}}, []string{"/x/a?.bzl:1: the cause is not known: in f?[2J?", "/x/a?.bzl:1: in f?[2J?"}},
		"builtins in between":  {[]attribution.Frame{builtin("len"), f, builtin("map"), f}, []string{"/x/caf\xe9.bzl:3: the cause is not known: in f, in a call of the builtin len", "/x/caf\xe9.bzl:3: in f, in a call of the builtin len", "/x/caf\xe9.bzl:3: in f, in a call of the builtin map"}},
		"neither stack nor by": {nil, []string{"/m:1: the cause is not known: no Starlark stack was printed, and no function was seen running"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &attribution.Report{Crashes: []attribution.Crash{{Crash: join.Crash{Path: "/m", Cause: "unknown", Threads: []attribution.Thread{{Failed: true, Frames: test.frames}}}}}}
			text := written(t, func(w io.Writer) error { return WriteCrash(w, r, Options{}) })
			if diff := cmp.Diff(strings.Join(test.want, "\n")+"\n", text); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// What may be shared holds no contents of variables.
func TestNoPreviewsWhereTheReportIsShared(t *testing.T) {
	t.Parallel()
	r := sample()
	for name, write := range map[string]func(io.Writer) error{
		"json":     func(w io.Writer) error { return WriteJSON(w, r, options()) },
		"markdown": func(w io.Writer) error { return WriteMarkdown(w, r, options()) },
		"evidence": func(w io.Writer) error { return WriteEvidence(w, r, &r.Suspects[0], options()) },
		"crash":    func(w io.Writer) error { return WriteCrashPage(w, r, &r.Crashes[0], options()) },
		"quickfix": func(w io.Writer) error { return WriteCrash(w, r, options()) },
	} {
		if text := written(t, write); strings.Contains(text, "secret") {
			t.Errorf("%s holds a preview", name)
		}
	}
	for name, text := range map[string]string{
		"hover": Hover(&r.Suspects[0], options()),
		"text":  written(t, func(w io.Writer) error { return WriteText(w, r, options()) }),
	} {
		if !strings.Contains(text, "secret") {
			t.Errorf("%s holds no preview", name)
		}
	}
}

func TestTextFitsATerminal(t *testing.T) {
	t.Parallel()
	text := written(t, func(w io.Writer) error { return WriteText(w, sample(), options()) }) +
		written(t, func(w io.Writer) error { return WriteText(w, sample(), whole()) })
	for line := range strings.SplitSeq(text, "\n") {
		if n := utf8.RuneCountInString(line); n > width {
			t.Errorf("%d columns: %q", n, line)
		}
		if strings.TrimRight(line, " ") != line {
			t.Errorf("ends in blanks: %q", line)
		}
		for _, c := range line {
			if c > '~' || c < ' ' {
				t.Errorf("%q is not ASCII: %q", c, line)
			}
		}
	}
}

func TestNothingObeysTheTerminalOrMarkdown(t *testing.T) {
	t.Parallel()
	r := sample()
	r.Suspects[0].Reasons = []string{"a\x1b[31m|b <script> `c` *d*"}
	r.Suspects[0].Name = "f\x1b[2J\ng\u202e"
	r.Crashes[0].Threads[0].Frames[0].Function = "f\x1b[2J\ng"
	r.Measurements[0].Path = "/m/\x1b]0;x\a"
	text := written(t, func(w io.Writer) error { return WriteText(w, r, options()) })
	if strings.ContainsAny(text, "\x1b\a\u202e") || strings.Contains(text, "\ng") {
		t.Errorf("an escape sequence or a line end reaches the terminal:\n%q", text)
	}
	page := written(t, func(w io.Writer) error { return WriteMarkdown(w, r, options()) })
	if strings.Contains(page, "<script>") || strings.Contains(page, "\x1b") || strings.Contains(page, " *d*") {
		t.Errorf("markup is not escaped: %s", page)
	}
}

func TestPathsWithoutAWorkspaceAreAbsolute(t *testing.T) {
	t.Parallel()
	o := options()
	o.Root = ""
	text := written(t, func(w io.Writer) error { return WriteCrash(w, sample(), o) })
	if !strings.HasPrefix(text, root+"/memory/eat.bzl:11:5: ") {
		t.Errorf("first line %q", text[:60])
	}
	o.Root = root + "/m"
	if got := o.path(root + "/memory/eat.bzl"); got != root+"/memory/eat.bzl" {
		t.Errorf("a path outside the root became %q", got)
	}
}

// A name that a hundred functions have must not bury the other crashes.
func TestCrashLinesOfAnOpenNameAreFew(t *testing.T) {
	t.Parallel()
	open := &attribution.Suspect{Name: "_impl"}
	for i := range 100 {
		open.Candidates = append(open.Candidates, &starlark.Definition{Name: "_impl", File: fmt.Sprintf("/w/%d.bzl", i)})
	}
	lines := Options{}.inferredLines(&attribution.Crash{Inferred: open, InferredWhy: "it ended last"}, "java_heap_space")
	if len(lines) != maxCandidateLines {
		t.Fatalf("%d lines", len(lines))
	}
	for i, line := range lines {
		if last := i == len(lines)-1; strings.Contains(line, "lists the others") != last {
			t.Errorf("line %d: %q", i, line)
		}
	}
}
