package attribution

import (
	"math"
	"strings"
	"testing"

	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/attribution/weights"
	"example.invalid/starlark-memls/internal/bazel/console"
	"example.invalid/starlark-memls/starlark"
)

// TestThePackageThatWasLoading: what can run while the package is loaded is
// named, a file that two packages load half as much, a BUILD file's own code
// half; implementations and other packages are not.
func TestThePackageThatWasLoading(t *testing.T) {
	t.Parallel()
	ws := workspace(t, map[string]string{
		"memory/BUILD":   "load(\":eat.bzl\", \"eater\")\nload(\"//unused:old.bzl\", \"only_in_old\")\neater(name = \"memory\")\n",
		"cpu/BUILD":      "load(\":spin.bzl\", \"spin\")\nload(\"//unused:old.bzl\", \"only_in_old\")\nspin(name = \"a\")\n",
		"unused/old.bzl": "def only_in_old(ctx):\n    return []\n",
	})
	for _, c := range []struct {
		pkg    string
		others int
		want   map[string]float64 // by function and file
	}{
		{"memory", 0, map[string]float64{
			"describe memory/eat.bzl": 1, "<toplevel> memory/eat.bzl": 1, "<toplevel> memory/BUILD": .5,
			"only_in_old unused/old.bzl": .5, "<toplevel> unused/old.bzl": .5,
		}},
		{"//cpu", 1, map[string]float64{
			"<toplevel> cpu/spin.bzl": .5, "<toplevel> cpu/BUILD": .25,
			"only_in_old unused/old.bzl": .25, "<toplevel> unused/old.bzl": .25,
		}},
		{"nowhere", 0, nil},
		{"@far//away", 0, nil},
		{"", 0, nil},
	} {
		var s subjects
		s.byKey = map[subjectKey]*subject{}
		s.at = map[int][]*subject{}
		s.addLoading(ws, 0, observe.CrashFacts{Loading: c.pkg, LoadingOthers: c.others})
		got := map[string]float64{}
		for _, found := range s.list {
			got[found.name+" "+ws.Rel(found.definition.File)] = found.named[0] / weights.NamedLoading
		}
		if len(got) != len(c.want) {
			t.Errorf("%s names %v, want %v", c.pkg, got, c.want)
		}
		for name, want := range c.want {
			if math.Abs(got[name]-want) > 1e-9 {
				t.Errorf("%s names %s with %v of the weight, want %v", c.pkg, name, got[name], want)
			}
		}
	}
	var none subjects
	none.addLoading((*starlark.Workspace)(nil), 0, observe.CrashFacts{Loading: "memory"})
	if len(none.list) > 0 {
		t.Error("without sources something is named")
	}
}

// Functions that the same facts name alike tie: there is no first one, none is
// inferred, and a file's own code does not stand before its functions.
func TestTie(t *testing.T) {
	t.Parallel()
	ws := workspace(t, map[string]string{"cpu/spin.bzl": `def cells(n):
    return [n]

def table(n):
    return cells(n)

spin = table
`})
	o := &observe.Observation{Summary: observe.Summary{Path: "a"}, Crashes: []observe.CrashFacts{{Cause: console.JavaHeapSpace, Loading: "cpu", Source: "console"}}}
	r := conclude(t, ws, o)
	if n := r.Tied(); n != 3 || r.Suspects[2].Name != observe.Toplevel || r.Suspects[3].Rank != 4 {
		t.Errorf("%d tie: %v", n, names(r))
	}
	if c := r.Crashes[0]; c.Inferred != nil || !strings.Contains(c.Death.Doing, "package cpu") {
		t.Errorf("inferred %+v while %q", c.Inferred, c.Death.Doing)
	}
}
