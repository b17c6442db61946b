// SPDX-License-Identifier: Apache-2.0

package generate

import (
	"path"
	"strings"
	"testing"

	"go.starlark.net/syntax"
)

// TestFieldScenarios holds that the files parse, that answers are functions of
// theirs, that the same number gives the same files, and that half are held
// out.
func TestFieldScenarios(t *testing.T) {
	t.Parallel()
	all, heldOut := Field(3), 0
	if len(all) < 60 {
		t.Errorf("%d field scenarios, want 60", len(all))
	}
	for _, s := range all {
		if !Known(s.Kind) {
			t.Errorf("%s: kind not known", s.ID)
		}
		if s.HeldOut() {
			heldOut++
		}
		n := int(s.ID[len(s.ID)-1] - '0')
		if again := New(s.Kind, n); again.Digest() != s.Digest() {
			t.Errorf("%s: other files the second time", s.ID)
		}
		if none := strings.HasPrefix(s.Kind, fieldPrefix+"none"); none != (len(s.Guilty) == 0) {
			t.Errorf("%s: guilty are %v", s.ID, s.Guilty)
		}
		functions := map[Culprit]bool{}
		for _, files := range []map[string]string{s.Files, s.External} {
			for name, text := range files {
				if path.Ext(name) != ".bzl" && path.Base(name) != "BUILD" && name != "WORKSPACE" {
					continue
				}
				f, err := syntax.LegacyFileOptions().Parse(name, text, 0)
				if err != nil {
					t.Errorf("%s: %v", s.ID, err)
					continue
				}
				functions[Culprit{"<toplevel>", name}] = true
				for _, statement := range f.Stmts {
					def, ok := statement.(*syntax.DefStmt)
					if !ok {
						continue
					}
					if functions[Culprit{def.Name.Name, name}] {
						t.Errorf("%s: %s defines %s twice", s.ID, name, def.Name.Name)
					}
					functions[Culprit{def.Name.Name, name}] = true
				}
			}
		}
		for _, g := range s.Guilty {
			if !functions[g] {
				t.Errorf("%s: no %s", s.ID, g)
			}
		}
	}
	if heldOut < len(all)*2/5 || heldOut > len(all)*3/5 {
		t.Errorf("%d of %d are held out, want half", heldOut, len(all))
	}
}
