// SPDX-License-Identifier: Apache-2.0

package join

import (
	"math"
	"slices"
	"testing"

	"example.invalid/starlark-memls/attribution/aggregate"
	"example.invalid/starlark-memls/attribution/attributiontest"
	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/attribution/weights"
	"example.invalid/starlark-memls/starlark"
)

func TestTheCallThatTookTheTime(t *testing.T) {
	t.Parallel()
	parts := partsOf([]observe.EndedCall{{Name: "helper", SelfMicros: 60_000}, {Name: "collector", SelfMicros: 7_000_000}}, nil)
	if parts[1] != 1 || parts[0] > 0.1 {
		t.Errorf("a helper's last call has %.2f, its caller %.2f", parts[0], parts[1])
	}
	parts = partsOf([]observe.EndedCall{{Name: "builder", SelfMicros: 7_000_000}, {Name: "caller", SelfMicros: 60_000}}, nil)
	if parts[0] != 1 {
		t.Errorf("a callee that did the work has %.2f", parts[0])
	}
}

// TestHandedOn: what a helper makes for its caller is its caller's.
func TestHandedOn(t *testing.T) {
	t.Parallel()
	chain := []observe.EndedCall{{Name: "pad", SelfMicros: 7_000_000}, {Name: "lines", SelfMicros: 60_000}, {Name: "_impl", SelfMicros: 1000}}
	parts := partsOf(chain, []bool{true, true, false})
	if parts[2] != 1 || parts[0] > weights.HandedOn || parts[1] > weights.HandedOn {
		t.Errorf("helpers that hand on have %v of their caller's grade", parts[:2])
	}
	parts = partsOf(chain, []bool{true, false, false})
	if parts[1] != 1 || parts[2] > weights.CallerShare {
		t.Errorf("the helper that keeps has %v, its caller %v", parts[1], parts[2])
	}
}

func TestWhichToplevel(t *testing.T) {
	t.Parallel()
	ws := attributiontest.Workspace(t, nil)
	for _, c := range []struct {
		pkg     string
		inBuild bool
		want    string
	}{
		{"memory", false, "memory/eat.bzl"}, // right after memory was broken off
		{"cpu", true, "cpu/BUILD"},          // inside cpu's evaluation
		{"", false, "none of them"},
	} {
		got := "none of them"
		if d := toplevelOf(ws, observe.EndedCall{Name: observe.Toplevel, Package: c.pkg, InBuild: c.inBuild}); d != nil {
			got = ws.Rel(d.File)
		}
		if got != c.want {
			t.Errorf("%+v is of %s", c, got)
		}
	}
}

// TestThePackageThatWasLoading: what can run while the package is loaded is
// named, a file that two packages load half as much, a BUILD file's own code
// half; implementations and other packages are not.
func TestThePackageThatWasLoading(t *testing.T) {
	t.Parallel()
	ws := attributiontest.Workspace(t, map[string]string{
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
		var s Subjects
		s.ByKey = map[SubjectKey]*Subject{}
		s.At = map[int][]*Subject{}
		s.addLoading(ws, 0, observe.CrashFacts{Loading: c.pkg, LoadingOthers: c.others})
		got := map[string]float64{}
		for _, found := range s.List {
			got[found.Name+" "+ws.Rel(found.Definition.File)] = found.Named[0] / weights.NamedLoading
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
	var none Subjects
	none.addLoading((*starlark.Workspace)(nil), 0, observe.CrashFacts{Loading: "memory"})
	if len(none.List) > 0 {
		t.Error("without sources something is named")
	}
}

// TestThreadsThatDiedTogether: among ends that only collections part, the one
// for which most was copied stands first; one that ended earlier stays behind.
func TestThreadsThatDiedTogether(t *testing.T) {
	t.Parallel()
	survived := map[string]float64{"spinner": 1, "keeper": 5, "early": 9}
	at := func(c observe.EndedCall) *Subject {
		return &Subject{Trace: &aggregate.NameStatistics{Survived: survived[c.Name]}}
	}
	ending := func(name string, before int64) observe.Ending {
		return observe.Ending{Chain: []observe.EndedCall{{Name: name}}, BeforeLastMicros: before}
	}
	list := []observe.Ending{ending("spinner", 0), ending("keeper", observe.CloseMicros-1), ending("early", observe.CloseMicros)}
	order := func(letsGo string) (got []string) {
		ends := slices.Clone(list)
		diedTogether(ends, at, func(e observe.Ending) bool { return e.Chain[0].Name == letsGo })
		for _, e := range ends {
			got = append(got, e.Chain[0].Name)
		}
		return got
	}
	if got, want := order(""), []string{"keeper", "spinner", "early"}; !slices.Equal(got, want) {
		t.Errorf("they stand as %v, want %v", got, want)
	}
	if got, want := order("keeper"), []string{"spinner", "keeper", "early"}; !slices.Equal(got, want) {
		t.Errorf("where the first lets go, they stand as %v, want %v", got, want)
	}
}
