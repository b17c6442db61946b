// SPDX-License-Identifier: Apache-2.0

package attribution

import (
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"example.invalid/starlark-memls/attribution/aggregate"
	"example.invalid/starlark-memls/attribution/join"
	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/starlark"
)

// Three functions of one name: one encodes, and has 18 targets; one only counts,
// and has two; and a computed default, which a rule runs while its package is
// loaded.
var namesakes = map[string]string{
	"WORKSPACE": "",
	"json/defs.bzl": `def _impl(ctx):
    texts = [json.encode(ctx.label.name) for i in range(100)]
    return []
encoder = rule(implementation = _impl)
`,
	"json/BUILD": `load(":defs.bzl", "encoder")
[encoder(name = "r%d" % i) for i in range(18)]
`,
	"count/defs.bzl": `def _impl(ctx):
    for i in range(1000):
        pass
    return []
counter = rule(implementation = _impl)
`,
	"count/BUILD": `load(":defs.bzl", "counter")
counter(name = "a")
counter(name = "b")
`,
	"pick/defs.bzl": `def _impl(size):
    return [Label("//pick:in")]
def _picker_rule(ctx):
    return []
picker = rule(implementation = _picker_rule, attrs = {"srcs": attr.label_list(default = _impl)})
`,
	"pick/BUILD": `load(":defs.bzl", "picker")
picker(name = "p")
`,
}

func workspaceOf(t testing.TB, files map[string]string) *starlark.Workspace {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return load(t, root)
}

// endedIn is a crash at which one call of _impl had just ended.
func endedIn(path string, call observe.EndedCall) *observe.Observation {
	o := crashedAt(path, nil, "_impl")
	chain := &o.Trace.Endings[0].Chain
	call.Name, call.EndMicros, call.SelfMicros = "_impl", (*chain)[0].EndMicros, (*chain)[0].SelfMicros
	*chain = []observe.EndedCall{call}
	return o
}

func TestWhoseCallItWas(t *testing.T) {
	t.Parallel()
	ws := workspaceOf(t, namesakes)
	for _, test := range []struct {
		name  string
		call  observe.EndedCall
		first string
		least float64
	}{
		{"nothing is known but the targets", observe.EndedCall{}, "json", .6},
		{"it encoded", observe.EndedCall{Callees: []string{"encode"}}, "json", .9},
		{"what was recorded inside is in all of them", observe.EndedCall{Callees: []string{"range"}}, "json", .6},
		{"for a target of the one with few", observe.EndedCall{Target: "//count:a"}, "count", .6},
		{"while its package was loaded", observe.EndedCall{Caller: "picker", Around: observe.LoadingPackage, Package: "pick", InBuild: true}, "pick", .9},
		{"called by a rule", observe.EndedCall{Caller: "picker"}, "pick", .9},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := conclude(t, ws, endedIn("a", test.call)).Suspects[0]
			if len(s.Posterior) != 3 {
				t.Fatalf("posterior %v", s.Posterior)
			}
			sum := 0.0
			for _, c := range s.Posterior {
				sum += c.Probability
			}
			if math.Abs(sum-1) > 1e-9 || !slices.IsSortedFunc(s.Posterior, func(a, b Candidate) int {
				return int(math.Copysign(1, b.Probability-a.Probability))
			}) {
				t.Errorf("not probabilities in order: %v", s.Posterior)
			}
			best := s.Posterior[0]
			if got := ws.Rel(filepath.ToSlash(filepath.Dir(best.Definition.File))); got != test.first || best.Probability < test.least {
				t.Errorf("%s with %.2f, want %s with %.2f", got, best.Probability, test.first, test.least)
			}
			if s.Definition != best.Definition || len(s.Candidates) != 0 {
				t.Errorf("definition %v, candidates %v", s.Definition, s.Candidates)
			}
			if s.Verdict == Sure {
				t.Error("sure of what is inferred")
			}
			if !strings.Contains(strings.Join(s.Blind, ";"), "are probably this one's (") {
				t.Errorf("nothing says that it is inferred: %q", s.Blind)
			}
		})
	}
}

// Build events that a crash cut short show that one rule was configured; that
// they do not show the other is no proof.
func TestRulesThatWereSeenConfigured(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		seen []string
		want float64 // of the other
	}{{nil, .5}, {[]string{"eater"}, 1. / 3}, {[]string{"spin", "eater"}, .5}, {[]string{"another"}, .5}} {
		o := endedIn("a", observe.EndedCall{})
		o.RuleClasses = c.seen
		s := conclude(t, workspace(t, nil), o).Suspects[0]
		for _, p := range s.Posterior {
			if strings.HasSuffix(p.Definition.File, "spin.bzl") && math.Abs(p.Probability-c.want) > 1e-9 {
				t.Errorf("with %v configured: %.3f, want %.3f", c.seen, p.Probability, c.want)
			}
		}
		if len(s.Posterior) != 2 {
			t.Errorf("posterior %v", s.Posterior)
		}
	}
}

// More calls that say the same make it surer, and calls of another do not add
// up with these.
func TestCallsAddUp(t *testing.T) {
	t.Parallel()
	ws := workspaceOf(t, namesakes)
	encoded := func(path string) *observe.Observation {
		return endedIn(path, observe.EndedCall{Callees: []string{"encode"}})
	}
	one := conclude(t, ws, encoded("a")).Suspects[0].Posterior[0]
	three := conclude(t, ws, encoded("a"), encoded("b"), encoded("c")).Suspects[0].Posterior[0]
	if three.Probability <= one.Probability || three.Probability < join.Certain {
		t.Errorf("one crash %.4f, three %.4f", one.Probability, three.Probability)
	}
	picked := endedIn("d", observe.EndedCall{Caller: "picker", Around: observe.LoadingPackage, Package: "pick", InBuild: true})
	r := conclude(t, ws, encoded("a"), encoded("b"), encoded("c"), picked)
	find(t, r, "_impl", "json/defs.bzl")
	if s := find(t, r, "_impl", "pick/defs.bzl"); len(s.Posterior) == 0 {
		t.Error("the call of the other is not said to be inferred")
	}
}

// A heap dump names file and line by itself: whose the calls of the bare name
// were, which is only inferred, does not make it less sure. Nor does the dump
// that names one make the other sure.
func TestADumpIsSureOfOneOfAName(t *testing.T) {
	t.Parallel()
	held := func(function, file string, line int) observe.SampledFunction {
		return observe.SampledFunction{Name: function, File: file, Flat: 900, Cum: 900, Lines: []observe.SampledLine{{Line: line, Flat: 900}}}
	}
	other := held("_impl", "pick/defs.bzl", 2)
	other.Flat, other.Cum, other.Lines[0].Flat = 10, 10, 10
	o := endedIn("a", observe.EndedCall{}).WithHeap(observe.HeapFacts{Retained: &observe.Samples{Total: 1000, Functions: []observe.SampledFunction{
		held("_impl", "count/defs.bzl", 3), other,
	}}})
	r := conclude(t, workspaceOf(t, namesakes), o)
	if s := find(t, r, "_impl", "count/defs.bzl"); s.Verdict != Sure || s.Rank != 1 || s.Inferred() {
		t.Errorf("rank %d, %s, inferred %v: %q", s.Rank, s.Verdict, s.Inferred(), s.Reasons)
	}
	for _, s := range r.Suspects[1:] {
		if s.Verdict == Sure {
			t.Errorf("sure of %s too", s.Name)
		}
	}
}

// Candidates with nothing between them stay open.
func TestAnOpenQuestionStaysOpen(t *testing.T) {
	t.Parallel()
	r := conclude(t, workspace(t, nil), endedIn("a", observe.EndedCall{}))
	s := r.Suspects[0]
	if s.Definition != nil || len(s.Candidates) != 2 || len(s.Posterior) != 2 || s.Posterior[0].Probability != 0.5 {
		t.Errorf("definition %v, candidates %v, posterior %v", s.Definition, s.Candidates, s.Posterior)
	}
}

// The probabilities are kept over edits; what is deleted leaves the question
// open between the others.
func TestThePosteriorFollowsEdits(t *testing.T) {
	t.Parallel()
	ws := workspaceOf(t, namesakes)
	first := conclude(t, ws, endedIn("a", observe.EndedCall{Callees: []string{"encode"}}))
	path := first.Suspects[0].Definition.File
	moved, err := ws.With(t.Context(), map[string][]byte{path: []byte("# a line\n" + namesakes["json/defs.bzl"])}, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := Rebase(first, moved).Suspects[0]
	if s.Definition == nil || s.Definition.Range.Start.Line != 2 || s.Posterior[0].Definition != s.Definition ||
		s.Posterior[0].Probability != first.Suspects[0].Posterior[0].Probability {
		t.Errorf("after a line was added: %v, %v", s.Definition, s.Posterior)
	}
	gone, err := moved.With(t.Context(), map[string][]byte{path: []byte("")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	s = Rebase(first, gone).Suspects[0]
	if s.Definition != nil || len(s.Candidates) != 2 || len(s.Posterior) != 2 {
		t.Errorf("after it was deleted: %v, candidates %v, posterior %v", s.Definition, s.Candidates, s.Posterior)
	}
}

// A helper that a file hands on is its first file's, and not that of another
// which the caller does not load.
func TestAHelperThatIsHandedOn(t *testing.T) {
	t.Parallel()
	helper := "def work(x):\n    return [x]\n"
	ws := workspaceOf(t, map[string]string{
		"WORKSPACE": "", "lib/BUILD": "", "other/BUILD": "load(\":work.bzl\", \"work\")\n",
		"lib/work.bzl": helper, "other/work.bzl": helper,
		"lib/all.bzl": "load(\":work.bzl\", _work = \"work\")\nwork = _work\n",
		"a/BUILD":     "load(\":defs.bzl\", \"eat\")\neat(name = \"a\")\n",
		"a/defs.bzl":  "load(\"//lib:all.bzl\", \"work\")\ndef _eat(ctx):\n    return work(ctx)\n\neat = rule(implementation = _eat)\n",
	})
	o := crashedAt("a", nil, "work")
	o.Trace.Endings[0].Chain[0].Caller = "_eat"
	s := find(t, conclude(t, ws, o), "work", "lib/work.bzl")
	if !s.Inferred() || s.Posterior[0].Probability < .9 {
		t.Errorf("posterior %v", s.Posterior)
	}
}

// A BUILD file that does not parse may load what nothing else does: the only
// other function of the name is not the one because of that.
func TestABuildFileThatDoesNotParse(t *testing.T) {
	t.Parallel()
	defs := "def _impl(ctx):\n    return []\n\neat = rule(implementation = _impl)\n"
	files := map[string]string{
		"WORKSPACE": "", "a/defs.bzl": defs, "a/BUILD": "load(\":defs.bzl\", \"eat\"\n",
		"b/defs.bzl": defs, "b/BUILD": "load(\":defs.bzl\", \"eat\")\neat(name = \"b\")\n",
	}
	if s := conclude(t, workspaceOf(t, files), endedIn("a", observe.EndedCall{})).Suspects[0]; len(s.Posterior) != 2 || s.Verdict == Sure {
		t.Errorf("definition %v, posterior %v", s.Definition, s.Posterior)
	}
	files["a/BUILD"] = ""
	if s := conclude(t, workspaceOf(t, files), endedIn("a", observe.EndedCall{})).Suspects[0]; s.Definition == nil || len(s.Posterior) != 0 {
		t.Errorf("where it loads nothing: definition %v, posterior %v", s.Definition, s.Posterior)
	}
}

// Hundreds of functions of one name, called by hundreds of another, at many
// crashes. Whoever weighs each by each does not get to the end of this.
func TestHundredsByHundreds(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: hundreds of functions by hundreds")
	}
	t.Parallel()
	const packages, crashed = 400, 40
	files := map[string]string{"WORKSPACE": ""}
	for i := range packages {
		dir := "p" + strconv.Itoa(i)
		files[dir+"/BUILD"] = "load(\":defs.bzl\", \"r\")\nr(name = \"a\")\n"
		files[dir+"/defs.bzl"] = "def helper(x):\n    return x\n\ndef _impl(ctx):\n    return [helper(1)]\n\nr = rule(implementation = _impl)\n"
	}
	ws := workspaceOf(t, files)
	var all []*observe.Observation
	for i := range crashed {
		o := crashedAt(strconv.Itoa(i), nil, "helper")
		o.Trace.Endings[0].Chain[0].Caller = "_impl"
		all = append(all, o)
	}
	s := conclude(t, ws, all...).Suspects[0]
	if s.Definition != nil || len(s.Candidates) != packages || len(s.Posterior) != packages {
		t.Errorf("%d candidates, %d weighed", len(s.Candidates), len(s.Posterior))
	}
	for _, c := range s.Posterior {
		if math.Abs(c.Probability-1./packages) > 1e-9 {
			t.Fatalf("%s with %g", c.Definition.File, c.Probability)
		}
	}
}

// A profile in which a rule runs its computed default, which calls two builtins
// and a helper, and one in which the call of the computed default was lost.
const nested = `{"otherData":{},"traceEvents":[
    {"cat":"build phase marker","name":"Evaluate target patterns","ph":"i","ts":0,"pid":1,"tid":20},
    {"cat":"Starlark builtin function call","name":"len","ph":"X","ts":1300000,"dur":60000,"pid":1,"tid":30},
    {"cat":"Starlark user function call","name":"pad","ph":"X","ts":1300000,"dur":70000,"pid":1,"tid":30},
    {"cat":"Starlark builtin function call","name":"append","ph":"X","ts":1400000,"dur":60000,"pid":1,"tid":30},
    LOST
    {"cat":"Starlark builtin function call","name":"picker","ph":"X","ts":1100000,"dur":900000,"pid":1,"tid":30},
    {"cat":"Starlark user function call","name":"<toplevel>","ph":"X","ts":1000000,"dur":1000100,"pid":1,"tid":30},
    {"cat":"package creation","name":"pick","ph":"X","ts":999000,"dur":1002000,"pid":1,"tid":30},
    {"cat":"Starlark user function call","name":"fetch","ph":"X","ts":1000000,"dur":500000,"pid":1,"tid":31},
    {"cat":"Starlark repository function call","name":"//external:x","ph":"X","ts":900000,"dur":700000,"pid":1,"tid":31},
    {"cat":"general information","name":"Finishing","ph":"i","ts":2500000,"pid":1,"tid":20}
  ]
}
`

const notLost = `{"cat":"Starlark user function call","name":"_impl","ph":"X","ts":1200000,"dur":700000,"pid":1,"tid":30},`

func TestWhatIsAroundAndInsideOfCalls(t *testing.T) {
	t.Parallel()
	o := observed(t, folder(t, map[string]string{"profile.gz": zipped(t, strings.Replace(nested, "LOST", notLost, 1))}))
	want := map[string]observe.CallKind{
		"pad":        {Caller: "_impl", Callees: []string{"len"}, Calls: 1, SelfMicros: 70_000},
		"_impl":      {Caller: "picker", Callees: []string{"append", "pad"}, Calls: 1, SelfMicros: 630_000},
		"<toplevel>": {Around: observe.LoadingPackage, Callees: []string{"picker"}, Calls: 1, SelfMicros: 300_100},
		"fetch":      {Around: observe.FetchRepository, Calls: 1, SelfMicros: 500_000},
	}
	if len(o.Trace.Functions) != len(want) {
		t.Errorf("functions %+v", o.Trace.Functions)
	}
	for _, f := range o.Trace.Functions {
		w := want[f.Name]
		if !reflect.DeepEqual(f.Kinds, []observe.CallKind{w}) {
			t.Errorf("%s: %+v, want %+v", f.Name, f.Kinds, w)
		}
	}
}

func TestALostCall(t *testing.T) {
	t.Parallel()
	ws := workspaceOf(t, namesakes)
	passed := observed(t, folder(t, map[string]string{"profile.gz": zipped(t, strings.Replace(nested, "LOST", notLost, 1)),
		"console": "INFO: Build completed successfully, 1 total action\n"}))
	crashed := observed(t, folder(t, map[string]string{"profile.gz": zipped(t, strings.Replace(nested, "LOST", "", 1)), "console": "FATAL: bazel ran out of memory and crashed. Printing stack trace:\njava.lang.OutOfMemoryError: Java heap space\n"}))
	chain := crashed.Trace.Endings[0].Chain
	if len(chain) != 1 || chain[0].Builtin != "picker" || chain[0].BuiltinMicros < 200_000 {
		t.Fatalf("chain %+v", chain)
	}
	b := aggregate.New([]*observe.Observation{crashed, passed})
	whole := b.WithLost(chain)
	if len(whole) != 2 || whole[0].Name != "_impl" || whole[0].Caller != "picker" || whole[1].Name != observe.Toplevel {
		t.Errorf("with the lost call: %+v", whole)
	}
	if alone := aggregate.New([]*observe.Observation{crashed}).WithLost(chain); len(alone) != 1 {
		t.Errorf("with no build that passed, nothing tells who it was: %+v", alone)
	}
	if r := conclude(t, ws, crashed, passed); &r.Suspects[0] != find(t, r, "_impl", "pick/defs.bzl") {
		t.Errorf("first are %v", names(r))
	}
}
