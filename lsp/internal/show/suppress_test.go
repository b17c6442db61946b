// SPDX-License-Identifier: Apache-2.0

package show

import (
	"fmt"
	"strings"
	"testing"

	"go.lsp.dev/protocol"

	"example.invalid/starlark-memls/lsp/internal/text"
)

func FuzzSuppressions(f *testing.F) {
	f.Add("x  # memls: ignore[ML001]\n# memls: ignore-file[ML002, ML003]\n#memls:ignore\n")
	f.Add("# memls: ignore[\n memls: ignore]\n\"# memls: ignore-file\"")
	f.Fuzz(func(t *testing.T, content string) {
		d := text.New("file:///x", "/x", 1, 1, content)
		s := suppressionsIn(d)
		for line := range s.lines {
			if line < 0 || line > d.Lines() {
				t.Errorf("line %d of %d", line, d.Lines())
			}
		}
		if (len(s.file) > 0 || len(s.lines) > 0) && !strings.Contains(content, suppressMark) {
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
			for _, enc := range []text.Encoding{protocol.PositionEncodingKindUTF8, protocol.PositionEncodingKindUTF16, protocol.PositionEncodingKindUTF32} {
				d := text.New("file:///x", "/x", 1, 1, "first"+end+line+end+"last"+end)
				e := suppressingEdit(d, enc, 1, "ML001")
				next := d.Replace(enc, e.Range, e.NewText, 2, 2)
				at, _ := text.Shift(next.Edits, 1, 1)
				if !strings.HasPrefix(next.Line(at), strings.TrimRight(line, " ")[:min(1, len(line))]) {
					at++
				}
				if s := suppressionsIn(next); !s.lines[at].has("ML001") || len(s.file) > 0 {
					t.Errorf("%q becomes %q, in which line %d is not suppressed: %v", d.Text, next.Text, at, fmt.Sprint(s.lines))
				}
			}
		}
	}
}
