package lsp

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"go.lsp.dev/protocol"
)

// Someone who types without a pause still gets an analysis now and then.
func TestTypingWithoutPauseIsAnalysed(t *testing.T) {
	t.Parallel()
	h := start(t, workspace(t, map[string]string{"MODULE.bazel": "", "a.bzl": "def f(x):\n    pass\n"}), quietPipeline())
	h.initialize(nil)
	h.openSource("a.bzl")
	h.settled()
	first := h.server.current().folders[0].analysis.seen
	analysed := func() bool { return h.server.current().folders[0].analysis.seen != first }
	for i, deadline := 0, time.Now().Add(patience); !analysed(); i++ {
		if time.Now().After(deadline) {
			t.Fatal("nothing was analysed while typing")
		}
		at := map[string]any{"line": 0, "character": 0}
		h.notify("textDocument/didChange", map[string]any{
			"textDocument":   map[string]any{"uri": h.uri("a.bzl"), "version": i + 2},
			"contentChanges": []any{map[string]any{"text": "#\n", "range": map[string]any{"start": at, "end": at}}}})
		time.Sleep(editPause / 10)
	}
	if n := len(h.server.current().documents); n != 1 {
		t.Fatalf("%d documents", n)
	}
	h.settled()
	for _, d := range h.server.current().documents {
		if len(d.edits) != 0 || len(d.moves) != 0 {
			t.Errorf("after the analysis %d edits are remembered", len(d.edits))
		}
	}
}

// However many edits there are, what is remembered is bounded by those that
// moved lines, and lines are where they should be.
func TestManyEditsAreBounded(t *testing.T) {
	t.Parallel()
	d := newDocument("file:///x", "/x", 1, 1, strings.Repeat("\n", 10)+"def f():\n")
	serial := int64(1)
	edit := func(line uint32, text string) {
		serial++
		at := protocol.Position{Line: line}
		d = d.replace(protocol.PositionEncodingKindUTF8, protocol.Range{Start: at, End: at}, text, 1, serial)
	}
	edit(0, "\n")
	for i := range 2 * maxEdits {
		edit(uint32(i%2), "x")
		if len(d.text) > 1000 {
			serial++
			whole := protocol.Range{End: protocol.Position{Line: 0, Character: 1 << 20}}
			d = d.replace(protocol.PositionEncodingKindUTF8, whole, "", 1, serial)
		}
	}
	edit(3, "\n\n")
	if len(d.edits) > maxEdits+2 || len(d.moves) != 2 {
		t.Errorf("%d edits and %d moves are remembered", len(d.edits), len(d.moves))
	}
	for _, edits := range [][]lineEdit{d.edits, d.moves} {
		if line, touched := shift(edits, 1, 10); line != 13 || touched || d.line(line) != "def f():" {
			t.Errorf("the def is said to be at %d, touched %t", line, touched)
		}
	}
}

func FuzzSuppressions(f *testing.F) {
	f.Add("x  # memls: ignore[ML001]\n# memls: ignore-file[ML002, ML003]\n#memls:ignore\n")
	f.Add("# memls: ignore[\n memls: ignore]\n\"# memls: ignore-file\"")
	f.Fuzz(func(t *testing.T, text string) {
		d := newDocument("file:///x", "/x", 1, 1, text)
		s := suppressionsIn(d)
		for line := range s.lines {
			if line < 0 || line > d.lines() {
				t.Errorf("line %d of %d", line, d.lines())
			}
		}
		if (len(s.file) > 0 || len(s.lines) > 0) && !strings.Contains(text, suppressMark) {
			t.Errorf("suppressed without a word: %+v", s)
		}
	})
}

// What a code action writes, the server understands: for any line, the finding
// is suppressed afterwards.
func TestSuppressingEditsSuppress(t *testing.T) {
	t.Parallel()
	for _, line := range []string{"x = 1", "    y()  ", "def f():  # why", "z = [ \\", `s = """text`, "a  # memls: ignore[ML009]", "日本語😀"} {
		for _, end := range []string{"\n", "\r\n"} {
			for _, enc := range encodings {
				d := newDocument("file:///x", "/x", 1, 1, "first"+end+line+end+"last"+end)
				e := suppressingEdit(d, enc, 1, "ML001")
				next := d.replace(enc, e.Range, e.NewText, 2, 2)
				at, _ := shift(next.edits, 1, 1)
				if !strings.HasPrefix(next.line(at), strings.TrimRight(line, " ")[:min(1, len(line))]) {
					at++
				}
				if s := suppressionsIn(next); !s.lines[at].has("ML001") || len(s.file) > 0 {
					t.Errorf("%q becomes %q, in which line %d is not suppressed: %v", d.text, next.text, at, fmt.Sprint(s.lines))
				}
			}
		}
	}
}
