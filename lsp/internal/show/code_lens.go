// SPDX-License-Identifier: Apache-2.0

package show

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"go.lsp.dev/protocol"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/lsp/settings"
)

// ManyLenses is how many lenses a file must have before a client that can
// resolve them gets places only, and asks for the words of those on screen.
const ManyLenses = 200

// CodeLenses answers with a lens above each function above the noise: by line,
// and by rank where several suspects share a definition.
//
// A generated file can have thousands, and an editor asks after every pause in
// typing. All of a lens but its place depends on the report alone; so it is
// encoded once, when the report is turned into marks, and a request writes
// numbers between bytes that are there already.
func CodeLenses(ctx context.Context, view *Snapshot, p *protocol.CodeLensParams) (json.RawMessage, error) {
	d := view.Document(p.TextDocument.URI)
	if d == nil || !view.Settings.CodeLens {
		return json.RawMessage("[]"), nil
	}
	out := []byte{'['}
	for _, sh := range view.ReportedOf(d.Path) {
		visible := sh.visible(view.Settings)
		lazy := view.Client.lensResolve && len(visible) > ManyLenses
		out = slices.Grow(out, len(visible)*lensBytes)
		for _, m := range visible {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			if len(out) > 1 {
				out = append(out, ',')
			}
			out = m.appendLens(out, sh.nameRange(d, view.Client.Encoding, m), lazy)
		}
		for _, m := range sh.file.Held {
			line, touched := sh.now(d, m.Line)
			if touched {
				continue
			}
			lens := m.lens(d, view.Client.Encoding, line)
			encoded, err := protocol.Marshal(&lens)
			if err != nil {
				return nil, fmt.Errorf("a lens: %w", err)
			}
			if len(out) > 1 {
				out = append(out, ',')
			}
			out = append(out, encoded...)
		}
	}
	return json.RawMessage(append(out, ']')), nil
}

// lensBytes is about how long a lens is.
const lensBytes = 400

// encode prepares what a lens says.
func (m *functionAnnotation) encode() {
	m.data = evidenceArgumentOf(*m).json()
	command := lensCommand(*m)
	encoded, err := protocol.Marshal(&command)
	if err != nil {
		panic(err) // strings and JSON of ours: cannot fail
	}
	m.command = encoded
}

// appendLens writes a lens: protocol.CodeLens, as protocol.Marshal would.
func (m functionAnnotation) appendLens(out []byte, r protocol.Range, lazy bool) []byte {
	out = append(out, `{"range":{"start":`...)
	out = appendPosition(out, r.Start)
	out = append(out, `,"end":`...)
	out = appendPosition(out, r.End)
	if lazy {
		out = append(append(out, `},"data":`...), m.data...)
	} else {
		out = append(append(out, `},"command":`...), m.command...)
	}
	return append(out, '}')
}

func appendPosition(out []byte, p protocol.Position) []byte {
	out = strconv.AppendUint(append(out, `{"line":`...), uint64(p.Line), 10)
	out = strconv.AppendUint(append(out, `,"character":`...), uint64(p.Character), 10)
	return append(out, '}')
}

// visible are the functions above the noise.
func (sh reported) visible(settings settings.Settings) []functionAnnotation {
	visible := make([]functionAnnotation, 0, len(sh.file.Functions))
	for _, m := range sh.file.Functions {
		if m.Suspect.Score >= settings.MinScore || m.Suspect.Evidence.Positive(attribution.CrashFrames) {
			visible = append(visible, m)
		}
	}
	return visible
}

func lensCommand(m functionAnnotation) protocol.Command {
	return protocol.Command{
		Title:     FunctionTitle(m),
		Command:   CommandShowEvidence,
		Arguments: []protocol.LSPAny{evidenceArgumentOf(m).json()},
	}
}

// ResolveCodeLens gives a lens its words. One whose function has meanwhile
// lost its evidence says so: the client shows it until it asks again.
func ResolveCodeLens(view *Snapshot, lens *protocol.CodeLens) (*protocol.CodeLens, error) {
	if lens.Command.Command != "" || len(lens.Data) == 0 {
		return lens, nil
	}
	var arg EvidenceArgument
	if err := json.Unmarshal(lens.Data, &arg); err != nil {
		return nil, fmt.Errorf("a lens's data is what the server gave: %w", err)
	}
	if found, ok := view.FunctionAnnotation(arg); ok {
		lens.Command = lensCommand(found)
	} else {
		lens.Command = protocol.Command{Title: "no evidence any more", Command: CommandShowEvidence, Arguments: []protocol.LSPAny{lens.Data}}
	}
	return lens, nil
}

// FunctionAnnotation finds what an argument names: the function of that name in
// that file at that line, or less exactly where it tells less.
func (v *Snapshot) FunctionAnnotation(arg EvidenceArgument) (functionAnnotation, bool) {
	path := ""
	if arg.File != "" {
		path = v.pathArgument(arg.File)
	}
	var found functionAnnotation
	for _, f := range v.Folders {
		if f.Analysis == nil {
			continue
		}
		for i := range f.Analysis.Report.Suspects {
			s := &f.Analysis.Report.Suspects[i]
			if arg.Function != "" && s.Name != arg.Function {
				continue
			}
			for _, d := range definitionsOf(s) {
				switch {
				case path != "" && d.File != path:
				case arg.Line > 0 && nameOf(d).Line+1 != arg.Line:
					if found.Suspect == nil {
						found = f.Analysis.Annotations.function(s, d) // moved since: the best there is so far
					}
				default:
					return f.Analysis.Annotations.function(s, d), true
				}
			}
		}
	}
	return found, found.Suspect != nil
}
