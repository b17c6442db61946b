// SPDX-License-Identifier: Apache-2.0

package codes

import (
	"fmt"
	"strings"
	"testing"

	"go.starlark.net/syntax"
)

func TestEveryCodeIsDocumented(t *testing.T) {
	t.Parallel()
	const evidence = 7 // codes of what a measurement says
	for i, d := range All() {
		want := fmt.Sprintf("ML%03d", i+1)
		if i >= evidence {
			want = fmt.Sprintf("ML%03d", 101+i-evidence) // what is found in sources alone
		}
		if d.Code != want {
			t.Errorf("code %d is %s: codes are never reused and never left out", i+1, d.Code)
		}
		if d.Title == "" || strings.HasSuffix(d.Title, ".") || strings.Contains(d.Title, "\n") {
			t.Errorf("%s: title %q is not one line without a full stop", d.Code, d.Title)
		}
		if len(strings.TrimSpace(d.Text)) < 100 || d.Since == "" || d.Severity < Error || d.Severity > Hint {
			t.Errorf("%s: something is missing: %+v", d.Code, d)
		}
		if (d.Before == "") != (d.After == "") {
			t.Errorf("%s: before and after come together", d.Code)
		}
		for _, code := range []string{d.Before, d.After} {
			if _, err := (&syntax.FileOptions{TopLevelControl: true}).Parse("example.bzl", code, 0); err != nil {
				t.Errorf("%s: the example is no Starlark: %v", d.Code, err)
			}
		}
		page := d.Markdown()
		for _, part := range []string{d.Code, d.Title, d.Severity.String(), d.Before, d.After, "memls: ignore[" + d.Code + "]", "memls: ignore-file[" + d.Code + "]"} {
			if !strings.Contains(page, strings.Trim(part, "\n")) {
				t.Errorf("%s: the page lacks %q", d.Code, part)
			}
		}
		if found, ok := Lookup(" " + strings.ToLower(d.Code) + " "); !ok || found.Code != d.Code {
			t.Errorf("%s is not found by its name in lower case", d.Code)
		}
	}
	if _, ok := Lookup("ML999"); ok {
		t.Error("ML999 is found")
	}
}

func TestSeverities(t *testing.T) {
	t.Parallel()
	for s := Off; s <= Hint; s++ {
		if got, ok := ParseSeverity(" " + strings.ToUpper(s.String())); !ok || got != s {
			t.Errorf("%s is read as %v, %t", s, got, ok)
		}
	}
	if s, ok := ParseSeverity("loud"); ok {
		t.Errorf("loud is %s", s)
	}
}
