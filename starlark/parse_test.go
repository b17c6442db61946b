// SPDX-License-Identifier: Apache-2.0

package starlark

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// outline is what a summary says of a file, a line a definition.
func outline(s *fileSummary) string {
	var b strings.Builder
	for i := 1; i < len(s.functions); i++ {
		f := &s.functions[i]
		fmt.Fprintf(&b, "%s %d:%d-%d:%d\n", f.name, f.span.startLine, f.span.startCol, f.span.endLine, f.span.endCol)
	}
	for _, bi := range s.functions[0].bindings {
		fmt.Fprintf(&b, "%s = %d:%d-%d:%d\n", bi.name, bi.span.startLine, bi.span.startCol, bi.span.endLine, bi.span.endCol)
	}
	return b.String()
}

func TestDialects(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text, want string }{
		{"octal escape", "def f():\n    return \"\\336\"\nx = g(\"a\")\n", "f 1:1-2:18\nx = 3:1-3:11\n"},
		{"hex escape", "x = g(\"\\xff\", \"\\x41\")\n", "x = 1:1-1:22\n"},
		{"unknown escape", "x = g(\"\\d+\\.\\w\")\n", "x = 1:1-1:17\n"},
		{"raw string", "x = g(r\"\\d\\336\")\n", "x = 1:1-1:17\n"},
		{"annotated parameters", "def f(a: int, b: list[str] = [], *args: int, **kw: dict[str, int]) -> None:\n    pass\n", "f 1:1-2:9\n"},
		{"annotated over lines", "def f(\n        a: int,  # a: comment\n        b: str = \"x:y\",\n) -> list[dict[str, int]]:\n    return a\n", "f 1:1-5:13\n"},
		{"union type", "def f(a: int | None = None) -> str | None:\n    pass\n", "f 1:1-2:9\n"},
		{"default with lambda", "def f(a: int = 1, g = lambda x: x) -> int:\n    pass\n", "f 1:1-2:9\nlambda 1:23-1:34\n"},
		{"annotated variable", "x: int = g(1)\n", "x = 1:1-1:14\n"},
		{"annotated variable in a function", "def f():\n    x: list[int] = []\n    y: str\n    return x\n", "f 1:1-4:13\n"},
		{"type alias", "type T = int | str\nx = g(1)\n", "T = 1:1-1:19\nx = 2:1-2:9\n"},
		{"byte order mark", "\xef\xbb\xbfdef f():\n    pass\n", "f 1:1-2:9\n"},
		{"CR LF", "def f():\r\n    pass\r\n\r\nx = g(1)\r\n", "f 1:1-2:9\nx = 4:1-4:9\n"},
		{"form feed", "\f\ndef f():\n    pass\n", "f 2:1-3:9\n"},
		{"reserved keyword argument", "x = g(import = 1, from = 2)\n", "x = 1:1-1:28\n"},
		{"leading zero", "x = g(0755)\n", "x = 1:1-1:12\n"},
		{"not UTF-8", "x = g(\"\xe9\xe8\")\ndef f():\n    pass\n", "f 2:1-3:9\nx = 1:1-1:12\n"},
		{"beyond the BMP", "x = g(\"\U0001F600\") + g(\"é\")\n", "x = 1:1-1:20\n"},
		{"tabs", "def f():\n\tdef g():\n\t\tpass\n\treturn g\n", "f 1:1-4:10\ng 2:2-3:7\n"},
		{"NUL", "x = g(1)\x00\ndef f():\n    pass\n", "f 2:1-3:9\nx = 1:1-1:9\n"},
		{"no line end", "def f():\n    pass", "f 1:1-2:9\n"},
		{"empty", "", ""},
		{"lambda on several lines", "x = g(\n    lambda a: [\n        a,\n    ],\n)\n", "lambda 2:5-4:6\nx = 1:1-5:2\n"},
		{"escapes and annotations", "def f(a: str = \"\\377\"):\n    return \"\\q\"\n", "f 1:1-2:16\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := summarize(bzlFile, []byte(tt.text))
			if s.fault != nil {
				t.Errorf("fault %+v", *s.fault)
			}
			if got := outline(s); got != tt.want {
				t.Errorf("got:\n%swant:\n%s", got, tt.want)
			}
		})
	}
}

func TestBrokenFiles(t *testing.T) {
	t.Parallel()
	const before = "def a():\n    pass\n\n"
	const after = "\ndef z():\n    return 1\n"
	tests := []struct{ name, broken, want string }{
		{"unclosed call", "x = rule(\n    implementation = a,\n", "x = 4:1-5:24\n"},
		{"half a statement", "def f():\n    if \n    return 2\n", "f 4:1-6:13\n"},
		{"half a statement with nested def", "def f():\n    def g():\n        return (\n    return g\n", "f 4:1-7:13\ng 5:5-6:17\n"},
		{"stray bracket", "x = 1)\n", ""},
		{"unclosed string", "def f():\n    s = \"abc\n    return s\n", "f 4:1-6:13\n"},
		{"lone triple quote", "def f():\n    \"\"\"\n    return s\n", "f 4:1-6:13\n"},
		{"Python class", "class A:\n    def f(self):\n        pass\n", "f 5:5-6:13\n"},
		{"only a def", "def f\n", "f 4:1-4:6\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := summarize(bzlFile, []byte(before+tt.broken+after))
			if s.fault == nil {
				t.Error("no fault was noted")
			}
			line := 5 + strings.Count(tt.broken, "\n")
			functions, bindings := tt.want, ""
			if strings.Contains(tt.want, " = ") {
				functions, bindings = "", tt.want
			}
			want := fmt.Sprintf("a 1:1-2:9\n%sz %d:1-%d:13\n%s", functions, line, line+1, bindings)
			if got := outline(s); got != want {
				t.Errorf("got:\n%swant:\n%s", got, want)
			}
		})
	}
}

// TestHugeAndNested: what must neither take long nor exhaust the stack, which
// Go cannot recover from.
func TestHugeAndNested(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		text  []byte
		fault bool
	}{
		{"minus signs", append(append([]byte("x = "), bytes.Repeat([]byte("-"), 4<<20)...), "1\n"...), true},
		{"not", append(append([]byte("x = "), bytes.Repeat([]byte("not "), 1<<20)...), "1\n"...), true},
		{"lambdas", append(append([]byte("x = "), bytes.Repeat([]byte("lambda: "), 1<<18)...), "1\n"...), true},
		{"brackets", append([]byte("x = "), bytes.Repeat([]byte("["), 1<<20)...), true},
		{"long sum", append(append([]byte("x = "), bytes.Repeat([]byte("a + "), 1<<18)...), "1\n"...), false},
		{"long selection", append(append([]byte("x = a"), bytes.Repeat([]byte(".b"), 1<<18)...), "\n"...), false},
		{"long conditions", append(append([]byte("x = "), bytes.Repeat([]byte("a if b else "), 1<<16)...), "1\n"...), true},
		{"one long line", append(append([]byte("x = ["), bytes.Repeat([]byte("1, "), 1<<20)...), "]\n"...), false},
		{"noise", noise(1 << 20), true},
		{"one word", bytes.Repeat([]byte("x"), 8<<20), false},
		{"open strings", bytes.Repeat([]byte("\"\n"), 1<<18), true},
		{"open triple quotes", bytes.Repeat([]byte("'''\ndef f(\n"), 1<<14), true},
		{"open brackets at column 0", bytes.Repeat([]byte("x = (\n"), 1<<14), true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			s := summarize(bzlFile, tt.text)
			if (s.fault != nil) != tt.fault {
				t.Errorf("fault %+v, want one: %v", s.fault, tt.fault)
			}
			face(s)
			if d := time.Since(start); d > 30*time.Second {
				t.Errorf("took %v", d)
			}
		})
	}
}

// noise is deterministic and has every byte.
func noise(n int) []byte {
	out := make([]byte, n)
	h := uint64(shapeSeed)
	for i := range out {
		h = fold(h, uint64(i))
		out[i] = byte(h)
	}
	return out
}

// TestShape: a definition's shape survives a move and a rename, comments and
// layout, and no other change.
func TestShape(t *testing.T) {
	t.Parallel()
	const base = "def f(a, b = 1):\n    x = a + b\n    return [x, \"s\"]\n"
	shapeOf := func(text string) uint64 {
		s := summarize(bzlFile, []byte(text))
		if s.fault != nil || len(s.functions) < 2 {
			t.Fatalf("%q: %+v", text, s.fault)
		}
		return s.functions[len(s.functions)-1].shape
	}
	want := shapeOf(base)
	for _, same := range []string{
		"\n\n# moved\n" + base,
		strings.Replace(base, "def f", "def renamed", 1),
		"def f(a, b = 1):  # why\n    # what\n    x = a+b\n\n    return [\n        x,\n        \"s\",\n    ]\n",
		"def g():\n    pass\n\n" + base,
	} {
		if got := shapeOf(same); got != want {
			t.Errorf("shape changed with\n%s", same)
		}
	}
	for _, other := range []string{
		strings.Replace(base, "a + b", "a - b", 1),
		strings.Replace(base, "\"s\"", "\"t\"", 1),
		strings.Replace(base, "b = 1", "b = 2", 1),
		strings.Replace(base, "(a, b = 1)", "(a, c = 1)", 1),
		strings.Replace(base, "[x, \"s\"]", "(x, \"s\")", 1),
		base + "    pass\n",
	} {
		if got := shapeOf(other); got == want {
			t.Errorf("shape stayed with\n%s", other)
		}
	}
}

func FuzzSummarize(f *testing.F) {
	f.Add([]byte(soundFile), 20, "(")
	f.Add([]byte("def f(a: int) -> T:\n    return \"\\xff\"\n"), 3, "\"\"\"")
	f.Add([]byte("x = [\n1,\n2,\n]\r\ndef f():\r\n\tpass\n"), 0, "\xff")
	f.Add([]byte("def f():\n  def g():\n    x = lambda: (\n  y\nz = rule(implementation = f"), 9, "'''")
	f.Fuzz(func(t *testing.T, text []byte, at int, insert string) {
		if len(text) > 1<<16 || len(insert) > 1<<10 {
			return
		}
		before := checkSummary(t, text)
		if at < 0 || at > len(text) {
			return
		}
		edited := append(append(append([]byte(nil), text[:at]...), insert...), text[at:]...)
		src := &source{kind: bzlFile, overlay: edited, sum: checkSummary(t, edited)}
		if src.sum.fault != nil {
			src.keepSound(&source{sum: before, overlay: text})
			checkPlaces(t, src.sum, edited)
			if !src.sum.consistent() {
				t.Error("the filled summary is not consistent")
			}
		}
	})
}

func checkSummary(t *testing.T, text []byte) *fileSummary {
	t.Helper()
	s := summarize(bzlFile, text)
	checkPlaces(t, s, text)
	w := &codecWriter{table: map[string]uint64{}}
	w.summary(s)
	if got := decodeSummary(w.data, w.list); got == nil || face(got) != face(s) || outline(got) != outline(s) {
		t.Errorf("the summary does not survive the cache")
	}
	return s
}

// checkPlaces: every place lies in the file, in order.
func checkPlaces(t *testing.T, s *fileSummary, text []byte) {
	t.Helper()
	text = clean(text)
	lines := strings.Split(strings.ReplaceAll(strings.ReplaceAll(string(text), "\r\n", "\n"), "\r", "\n"), "\n")
	check := func(what string, sp span) {
		if sp.startLine < 1 || int(sp.endLine) > len(lines) || sp.endLine < sp.startLine || sp.startCol < 1 ||
			sp.endLine == sp.startLine && sp.endCol < sp.startCol {
			t.Errorf("%s at %+v of a text of %d lines", what, sp, len(lines))
			return
		}
		if n := utf8.RuneCountInString(lines[sp.endLine-1]); int(sp.endCol) > n+1 {
			t.Errorf("%s ends in column %d of a line of %d", what, sp.endCol, n)
		}
	}
	for i := range s.functions {
		check(s.functions[i].name, s.functions[i].span)
		check("name of "+s.functions[i].name, s.functions[i].nameSpan)
	}
	for _, b := range s.functions[0].bindings {
		check(b.name, b.span)
	}
}
