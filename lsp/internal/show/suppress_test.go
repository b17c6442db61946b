// SPDX-License-Identifier: Apache-2.0

package show

import (
	"strings"
	"testing"

	"go.lsp.dev/protocol"

	"example.invalid/starlark-memls/internal/lint/suppress"
	"example.invalid/starlark-memls/lsp/internal/text"
)

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
				if s := suppress.In(next.Text); !s.Line("ML001", at) || s.Silence("ML001", -1) || s.Silence("ML009", -1) {
					t.Errorf("%q becomes %q, in which line %d is not suppressed: %v", d.Text, next.Text, at, s)
				}
			}
		}
	}
}
