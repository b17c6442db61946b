// SPDX-License-Identifier: Apache-2.0

package show

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/lsp/internal/text"
	"example.invalid/starlark-memls/lsp/settings"
	"example.invalid/starlark-memls/starlark"
)

// manySuspects is a file in which each of n functions is a suspect.
func manySuspects(n int) (*Snapshot, *text.Document) {
	var source strings.Builder
	r := &attribution.Report{}
	for i := range n {
		name := fmt.Sprintf("function_%04d_impl", i)
		fmt.Fprintf(&source, "def %s(target, ctx):\n    x = [str(t) for t in target]\n    return x\n\n", name)
		line := 4*i + 1
		r.Suspects = append(r.Suspects, attribution.Suspect{Rank: i + 1, Name: name, Score: .5,
			Definition: &starlark.Definition{Name: name, Kind: starlark.Function, File: "/w/big.bzl",
				NameRange: starlark.Range{Start: starlark.Position{Line: line, Column: 5}, End: starlark.Position{Line: line, Column: 23}}}})
	}
	u := uri.File("/w/big.bzl")
	d := text.New(u, "/w/big.bzl", 1, 1, source.String())
	v := &Snapshot{Settings: settings.Default(), Documents: map[uri.URI]*text.Document{u: d}}
	v.Client.Encoding = protocol.PositionEncodingKindUTF16
	v.Folders = []*Folder{{Root: "/w", Analysis: &Analysis{Report: r, Annotations: NewAnnotations(r, nil), Seen: 1}}}
	return v, d
}

// plainLenses are the lenses as protocol types, the commands made once.
func plainLenses(v *Snapshot, d *text.Document, commands map[*starlark.Definition]protocol.Command) []protocol.CodeLens {
	var all []protocol.CodeLens
	for _, sh := range v.ReportedOf(d.Path) {
		for _, m := range sh.visible(v.Settings) {
			all = append(all, protocol.CodeLens{Range: sh.nameRange(d, v.Client.Encoding, m), Command: commands[m.Definition]})
		}
	}
	return all
}

func lensCommands(v *Snapshot, d *text.Document) map[*starlark.Definition]protocol.Command {
	commands := map[*starlark.Definition]protocol.Command{}
	for _, sh := range v.ReportedOf(d.Path) {
		for _, m := range sh.visible(v.Settings) {
			commands[m.Definition] = lensCommand(m)
		}
	}
	return commands
}

// What is encoded ahead is what the protocol's own encoder would write.
func TestLensesAreTheProtocols(t *testing.T) {
	t.Parallel()
	v, d := manySuspects(3)
	got, err := CodeLenses(context.Background(), v, &protocol.CodeLensParams{TextDocument: protocol.TextDocumentIdentifier{URI: d.URI}})
	if err != nil {
		t.Fatal(err)
	}
	want, err := protocol.Marshal(plainLenses(v, d, lensCommands(v, d)))
	if err != nil || string(got) != string(want) || !json.Valid(got) {
		t.Errorf("%v\n%s\nwant\n%s", err, got, want)
	}
}

// BenchmarkEncodedLenses shows what it buys that lenses are encoded ahead: 2,000
// of them to the bytes that are sent, beside the same from protocol types of
// which even the commands are there already.
func BenchmarkEncodedLenses(b *testing.B) {
	v, d := manySuspects(2000)
	p := &protocol.CodeLensParams{TextDocument: protocol.TextDocumentIdentifier{URI: d.URI}}
	b.Run("ahead", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := CodeLenses(context.Background(), v, p); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("plain", func(b *testing.B) {
		commands := lensCommands(v, d)
		b.ReportAllocs()
		for b.Loop() {
			if _, err := protocol.Marshal(plainLenses(v, d, commands)); err != nil {
				b.Fatal(err)
			}
		}
	})
}
