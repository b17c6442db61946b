// SPDX-License-Identifier: Apache-2.0

package join

import (
	"os"
	"path/filepath"
	"testing"

	"example.invalid/starlark-memls/attribution/aggregate"
	"example.invalid/starlark-memls/starlark"
)

// TestNamesOfWhoIsNotHere: a common name is not the one visible function's where
// the targets are of rules that are not here.
func TestNamesOfWhoIsNotHere(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what, build, name string
		seen              []string // names in the profiles
		named             bool
		unseen            float64 // at least
	}{
		{"many of a rule that is not here", `[acme(name = "a%d" % i) for i in range(500)]`, "_impl", nil, false, 0.98},
		{"one of it", `acme(name = "a")`, "_impl", nil, false, 0.2},
		{"none of it", "", "_impl", nil, true, 0},
		{"Bazel's own", `[genrule(name = "a%d" % i) for i in range(500)]`, "_impl", nil, true, 0},
		{"a name of its own", `[acme(name = "a%d" % i) for i in range(500)]`, "_tiny_impl", nil, true, 0},
		{"one that cannot have taken the time, beside a stranger", "", "_process", []string{"_swift_library_impl"}, false, 0.2},
		{"one that cannot have, and no stranger", "", "_process", []string{"_process"}, true, 0},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			for file, text := range map[string]string{
				"WORKSPACE": "",
				"BUILD":     "load(\"@acme//:defs.bzl\", \"acme\")\nload(\":defs.bzl\", \"tiny\")\n\ntiny(name = \"small\")\n\n" + c.build + "\n",
				"defs.bzl":  "def " + c.name + "(ctx):\n    return []\n\ntiny = rule(implementation = " + c.name + ")\n",
			} {
				if err := os.WriteFile(filepath.Join(root, file), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			ws, err := starlark.Load(t.Context(), root, starlark.LoadOptions{})
			if err != nil {
				t.Fatal(err)
			}
			j := &Joined{Observed: aggregate.New(nil), Workspace: ws}
			for _, name := range c.seen {
				j.Observed.Names = append(j.Observed.Names, aggregate.NameStatistics{NameTotals: &aggregate.NameTotals{Name: name}})
			}
			r := j.openTo(c.name, j.known.narrow(ws, c.name))
			if (r.definition != nil) != c.named || r.unseen < c.unseen || c.unseen == 0 && r.unseen != 0 {
				t.Errorf("named %t with %.3f unseen; want %t with %.3f", r.definition != nil, r.unseen, c.named, c.unseen)
			}
		})
	}
}
