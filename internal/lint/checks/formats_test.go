// SPDX-License-Identifier: Apache-2.0

package checks

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"example.invalid/starlark-memls/internal/lint"
	"example.invalid/starlark-memls/internal/problems"
	"example.invalid/starlark-memls/starlark"
)

// examples is what all checks find in all their examples.
func examples(t *testing.T) *lint.RunResult {
	t.Helper()
	dir := t.TempDir()
	files := map[string]string{"MODULE.bazel": "", "BUILD": ""}
	for _, c := range All() {
		files[strings.ToLower(c.Code)+".bzl"] = whole(c.Before)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	ws, err := starlark.Load(t.Context(), dir, starlark.LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	found, err := lint.Run(t.Context(), ws, All())
	if err != nil {
		t.Fatal(err)
	}
	o := lint.Weigh(found, All(), nil, true)
	o.Name = ws.Rel
	return o
}

// TestSameInAllFormats: whatever the format, the same findings are in it, and the
// SARIF is valid by the schema of 2.1.0.
func TestSameInAllFormats(t *testing.T) {
	t.Parallel()
	o := examples(t)
	if len(o.Findings) < 20 {
		t.Fatalf("the examples have %d findings", len(o.Findings))
	}
	var want []string
	for _, f := range o.Findings {
		want = append(want, fmt.Sprintf("%s %s:%d", f.Code, o.Name(f.Place.File), f.Place.Line))
	}
	slices.Sort(want)

	var text, asJSON bytes.Buffer
	if err := lint.WriteText(&text, o); err != nil {
		t.Fatal(err)
	}
	var inText []string
	for _, m := range regexp.MustCompile(`(?m)^(\S+\.bzl):(\d+):\d+: \w+: (ML\d+): `).FindAllStringSubmatch(text.String(), -1) {
		inText = append(inText, m[3]+" "+m[1]+":"+m[2])
	}
	if err := lint.WriteJSON(&asJSON, o); err != nil {
		t.Fatal(err)
	}
	var document struct {
		Findings []struct {
			Code, File string
			Line       int
		}
	}
	if err := json.Unmarshal(asJSON.Bytes(), &document); err != nil {
		t.Fatal(err)
	}
	var inJSON []string
	for _, f := range document.Findings {
		inJSON = append(inJSON, fmt.Sprintf("%s %s:%d", f.Code, f.File, f.Line))
	}
	var log bytes.Buffer
	if err := problems.WriteSARIF(&log, o.Problems(problems.Tool{Name: "starlark-memls"})); err != nil {
		t.Fatal(err)
	}
	report, err := sarif.FromBytes(log.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	var inSARIF []string
	for _, r := range report.Runs[0].Results {
		at := r.Locations[0].PhysicalLocation
		inSARIF = append(inSARIF, fmt.Sprintf("%s %s:%d", *r.RuleID, *at.ArtifactLocation.URI, *at.Region.StartLine))
	}
	for name, got := range map[string][]string{"text": inText, "JSON": inJSON, "SARIF": inSARIF} {
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-found +written):\n%s", name, diff)
		}
	}
	for _, f := range problems.Formats() {
		var out bytes.Buffer
		if err := f.Write(&out, o.Problems(problems.Tool{Name: "starlark-memls"})); err != nil {
			t.Fatal(err)
		}
		for _, one := range o.Findings {
			if name := o.Name(one.Place.File); !strings.Contains(out.String(), name) {
				t.Errorf("%s does not name %s", f.Name, name)
			}
		}
	}
	// The library writes what is not set, too, with values that are no defaults.
	for _, run := range report.Runs {
		run.Language, run.Tool.Driver.Language = "en-US", "en-US"
		run.NewlineSequences = []string{"\n"}
	}
	if err := report.Validate(); err != nil {
		t.Error(err)
	}
}
