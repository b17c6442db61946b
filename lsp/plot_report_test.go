// SPDX-License-Identifier: Apache-2.0

package lsp

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"example.invalid/starlark-memls/internal/plot"
	"example.invalid/starlark-memls/lsp/internal/show"
)

// TestPicturesOfTheReport: what is loaded is drawn; paths that are not loaded
// are refused in words, as is a report that there is not.
func TestPicturesOfTheReport(t *testing.T) {
	t.Parallel()
	h := startUndetected(t)
	dir, err := filepath.Abs("../examples/memory-eater/measurements")
	if err != nil {
		t.Fatal(err)
	}
	plot := func(argument map[string]any) error {
		return h.Call(h.ctx, "workspace/executeCommand", map[string]any{"command": show.CommandPlot, "arguments": []any{argument}}, nil)
	}
	if err := plot(map[string]any{"show": "suspects", "paths": []string{dir}}); err == nil || !strings.Contains(err.Error(), "load the measurements") {
		t.Errorf("paths that are not loaded: %v", err)
	}
	if err := plot(map[string]any{"show": "activity"}); err == nil {
		t.Error("activity was drawn before there were crashes")
	}
	h.execute(show.CommandLoadMeasurements, map[string]any{"paths": []string{dir}})
	h.eventually("a report with suspects", func() bool { return plot(map[string]any{"show": "suspects"}) == nil })
	for what, want := range map[string]string{"suspects": "ratio; 1 is no difference", "activity": "crashes expected"} {
		if answer := h.execute(show.CommandPlot, map[string]any{"show": what}); !strings.Contains(answer, "traverse_impl") || !strings.Contains(answer, want) {
			t.Errorf("%s answers %.300s", what, answer)
		}
	}
}

// TestPicturesAreAnnounced: an editor's chooser offers what the command line
// has, because both have it from the same list.
func TestPicturesAreAnnounced(t *testing.T) {
	t.Parallel()
	h := start(t, workspace(t, map[string]string{"MODULE.bazel": ""}), quietPipeline())
	var result struct {
		Capabilities struct {
			Experimental struct{ StarlarkMemls struct{ Plots []plot.Kind } }
		}
	}
	if err := json.Unmarshal(h.initialize(nil), &result); err != nil {
		t.Fatal(err)
	}
	var words []string
	for _, k := range result.Capabilities.Experimental.StarlarkMemls.Plots {
		words = append(words, k.Show)
		if k.What == "" || k.Of == "" {
			t.Errorf("of a picture is not told what it shows: %+v", k)
		}
	}
	if !slices.Equal(words, plot.Shows()) {
		t.Errorf("announced are %q, the command line has %q", words, plot.Shows())
	}
}
