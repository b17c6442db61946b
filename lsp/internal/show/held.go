// SPDX-License-Identifier: Apache-2.0

package show

import (
	"fmt"

	"go.lsp.dev/protocol"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/lsp/internal/text"
)

// The lines that hold a crash's heap (ML007): a lens, a hover and a diagnostic
// where the memory was made.

// A heldAnnotation is a line that holds memory, with what else is told of it.
type heldAnnotation struct {
	Line   int // from 0
	held   *attribution.HeldLine
	crash  *attribution.Crash // nil for a dump of a living server
	index  int                // of the crash
	living *LivingHeap        // the running server's heap, if it is that
}

func (m *annotations) addHeld(l *attribution.HeldLine, crashes []attribution.Crash) {
	if l.Source == "" || l.Line <= 0 {
		return
	}
	mark := heldAnnotation{Line: l.Line - 1, held: l}
	if m.living != nil && m.living.Path == l.Crash {
		mark.living = m.living
	}
	for i := range crashes {
		if crashes[i].Path == l.Crash {
			mark.crash, mark.index = &crashes[i], i
			break
		}
	}
	f := m.file(l.Source)
	f.Held = append(f.Held, mark)
}

// isInnocent reports whether a crash's dump shows that what holds most of the
// memory was made elsewhere than in a frame's function.
func isInnocent(r *attribution.Report, c *attribution.Crash, frame *attribution.Frame) bool {
	for i := range r.Held {
		l := &r.Held[i]
		if l.Crash != c.Path {
			continue
		}
		if l.Definition == nil || frame.Definition == nil || l.Definition == frame.Definition {
			return false
		}
		return 2*l.Bytes >= l.LiveBytes
	}
	return false
}

func (m heldAnnotation) title() string {
	if m.living != nil {
		return m.held.String() + " (" + m.living.text() + ")"
	}
	return m.held.String()
}

func (m heldAnnotation) finding() diagnosis {
	f := diagnosis{code: "ML007", message: fmt.Sprintf("This %s.", m.title()), crash: m.crash, minor: m.crash == nil || m.crash.Older}
	if s := m.held.Saving(); s != "" {
		f.message += fmt.Sprintf(" %s.", s)
	}
	if m.held.Stale {
		f.message += " The source was edited since."
	}
	return f
}

// hover is the line in Markdown.
func (m heldAnnotation) hover() string {
	text := "**This line " + m.title() + "**"
	if s := m.held.Saving(); s != "" {
		text += "\n\n" + s + "."
	}
	return text + "\n\n(estimated from the heap dump)"
}

// lens is above the line; it opens the crash's page, where there is one.
func (m heldAnnotation) lens(d *text.Document, enc text.Encoding, line int) protocol.CodeLens {
	command := protocol.Command{Title: m.title(), Command: CommandShowCrashReport}
	if m.crash != nil {
		command.Arguments = []protocol.LSPAny{protocol.LSPAny(fmt.Sprintf(`{"crash":%d}`, m.index))}
	}
	return protocol.CodeLens{Range: d.LineRange(enc, line), Command: command}
}
