// SPDX-License-Identifier: Apache-2.0

package starlark

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestGolden indexes each workspace in testdata and compares all its
// definitions with the archive's "golden" file.
func TestGolden(t *testing.T) {
	t.Parallel()
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("no archives: %v", err)
	}
	for _, path := range archives {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			root := unpack(t, string(txtar.Format(archive)))
			os.Remove(filepath.Join(root, "golden"))
			w := mustLoad(t, root, LoadOptions{})
			got := listing(w)
			for i, f := range archive.Files {
				if f.Name != "golden" {
					continue
				}
				if *update {
					archive.Files[i].Data = []byte(got)
					if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
						t.Fatal(err)
					}
					return
				}
				if want := string(f.Data); got != want {
					t.Errorf("got:\n%s\nwant:\n%s", got, want)
				}
				return
			}
			t.Error("the archive has no golden file")
		})
	}
}

// listing tells every definition, a line each.
func listing(w *Workspace) string {
	var b strings.Builder
	for d := range w.Definitions() {
		if d.Kind == Toplevel {
			continue
		}
		fmt.Fprintf(&b, "%s:%d:%d-%d:%d %s %s", w.Rel(d.File), d.Range.Start.Line, d.Range.Start.Column, d.Range.End.Line, d.Range.End.Column, d.Kind, d.Name)
		if len(d.Parameters) > 0 {
			fmt.Fprintf(&b, "(%s)", strings.Join(d.Parameters, ", "))
		}
		if d.Enclosing != nil {
			fmt.Fprintf(&b, " in %s", d.Enclosing.Name)
		}
		if d.LegacyMacro {
			b.WriteString(" macro")
		}
		if d.Class != "" {
			fmt.Fprintf(&b, " class %s", d.Class)
		}
		if len(d.Classes) > 0 {
			fmt.Fprintf(&b, " of %s", strings.Join(d.Classes, " or "))
		}
		if d.MadeBy != nil {
			fmt.Fprintf(&b, " by %s:%s", w.Rel(d.MadeBy.File), d.MadeBy.Name)
		}
		switch {
		case len(d.Candidates) > 0:
			for _, c := range d.Candidates {
				fmt.Fprintf(&b, " impl? %s:%d:%s", w.Rel(c.File), c.Range.Start.Line, c.Name)
			}
		case d.Implementation != nil:
			fmt.Fprintf(&b, " impl %s:%d:%s", w.Rel(d.Implementation.File), d.Implementation.Range.Start.Line, d.Implementation.Name)
		}
		for _, u := range d.Uses {
			fmt.Fprintf(&b, " used by %s:%s", w.Rel(u.File), u.Name)
		}
		b.WriteByte('\n')
	}
	return b.String()
}
