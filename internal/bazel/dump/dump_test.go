// SPDX-License-Identifier: Apache-2.0

package dump

import (
	"bytes"
	"compress/gzip"
	"context"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/pprof/profile"
)

var background = context.Background()

func open(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// made builds a pprof file as Bazel would: stacks of "function file:line",
// innermost first, one sample each.
func made(t testing.TB, kind ProfileKind, samples map[int64][]profile.Line) []byte {
	t.Helper()
	p := &profile.Profile{SampleType: []*profile.ValueType{{Type: string(kind), Unit: "bytes"}}}
	known := map[profile.Function]*profile.Function{}
	for value, stack := range samples {
		s := &profile.Sample{Value: []int64{value}}
		for _, line := range stack {
			fn := known[*line.Function]
			if fn == nil {
				fn = &profile.Function{ID: uint64(len(known) + 1), Name: line.Function.Name, Filename: line.Function.Filename}
				known[*line.Function] = fn
				p.Function = append(p.Function, fn)
			}
			loc := &profile.Location{ID: uint64(len(p.Location) + 1), Line: []profile.Line{{Function: fn, Line: line.Line}}}
			p.Location = append(p.Location, loc)
			s.Location = append(s.Location, loc)
		}
		p.Sample = append(p.Sample, s)
	}
	var b bytes.Buffer
	if err := p.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func at(name, file string, line int64) profile.Line {
	return profile.Line{Function: &profile.Function{Name: name, Filename: file}, Line: line}
}

func TestRecursionCountsOnce(t *testing.T) {
	t.Parallel()
	data := made(t, Allocation, map[int64][]profile.Line{
		100: {at("f", "/w/a.bzl", 3), at("f", "/w/a.bzl", 4), at("f", "/w/a.bzl", 4), at("g", "/w/a.bzl", 9)},
		11:  {at("str", "<builtin>", 0), at("g", "/w/a.bzl", 8)},
	})
	p, err := ReadPprof(background, bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if p.Total != 111 || p.Samples != 2 {
		t.Errorf("%+v", p)
	}
	value := func(flat, cumulative, own int64, _, _ int) Amount {
		return Amount{Flat: flat, Cumulative: cumulative, Own: own}
	}
	want := []FunctionProfile{
		{Name: "f", File: "/w/a.bzl", Amount: value(100, 100, 100, 1, 1), Lines: []LineSample{
			{3, value(100, 100, 100, 1, 1)}, {4, value(0, 100, 0, 0, 1)}}},
		{Name: "g", File: "/w/a.bzl", Amount: value(0, 111, 11, 0, 2), Lines: []LineSample{
			{8, value(0, 11, 11, 0, 1)}, {9, value(0, 100, 0, 0, 1)}}},
	}
	if diff := cmp.Diff(want, p.Functions); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(p.Builtins) != 1 || p.Builtins[0].Flat != 11 {
		t.Errorf("builtins %+v", p.Builtins)
	}
}

// The recorded profile against sums made another way: each sample's innermost
// frame for flat, and the total of all flat values.
func TestRecordedCPU(t *testing.T) {
	t.Parallel()
	data := open(t, "4.2.3.cpu.pprof")
	raw, err := profile.ParseData(data)
	if err != nil {
		t.Fatal(err)
	}
	flat, total := map[string]int64{}, int64(0)
	for _, s := range raw.Sample {
		flat[s.Location[0].Line[0].Function.Name] += s.Value[0]
		total += s.Value[0]
	}
	p, err := ReadPprof(background, bytes.NewReader(data))
	if err != nil || p.Kind != CPU || p.Total != total || p.Samples != len(raw.Sample) || p.DurationMicros == 0 {
		t.Fatalf("%+v, %v", p, err)
	}
	sum := int64(0)
	for _, f := range append(p.Builtins, p.Functions...) {
		if want := flat[f.Name]; f.Flat != want && f.Name != toplevel {
			t.Errorf("%s: flat %d, want %d", f.Name, f.Flat, want)
		}
		if f.Cumulative < f.Flat || f.Cumulative > total {
			t.Errorf("%s: cumulative %d", f.Name, f.Cumulative)
		}
		if f.Name == f.File {
			t.Errorf("%s is named after its file", f.Name)
		}
		sum += f.Flat
	}
	if sum != total {
		t.Errorf("flat values add up to %d of %d", sum, total)
	}
}

func TestEmptyProfiles(t *testing.T) {
	t.Parallel()
	for name, data := range map[string][]byte{"0 bytes": nil, "10 bytes": {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0}} {
		p, err := ReadPprof(background, bytes.NewReader(data))
		if err != nil || !p.NotFlushed || p.Note == "" {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
	}
	p, err := ReadPprof(background, bytes.NewReader(made(t, Allocation, nil)))
	if err != nil || p.NotFlushed || !strings.Contains(p.Note, "no samples") {
		t.Errorf("no samples: %+v, %v", p, err)
	}
	if _, err := ReadPprof(background, strings.NewReader("hello, this is no profile")); err == nil {
		t.Error("text passes for a profile")
	}
	if _, err := ReadPprof(background, bytes.NewReader(made(t, "inuse_space", nil))); err == nil {
		t.Error("another program's profile passes for Bazel's")
	}
}

// Bazel's CPU profiler writes as it goes along: what is before the cut counts.
func TestCutCPU(t *testing.T) {
	t.Parallel()
	packed := open(t, "4.2.3.cpu.pprof")
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	var whole bytes.Buffer
	if _, err := whole.ReadFrom(r); err != nil {
		t.Fatal(err)
	}
	best := 0
	for cut := range whole.Len() {
		p, err := ReadPprof(background, bytes.NewReader(whole.Bytes()[:cut]))
		if err != nil {
			continue
		}
		if p.Samples < best {
			t.Fatalf("cut at %d: %d samples, fewer than before", cut, p.Samples)
		}
		best = p.Samples
	}
	if best < 3 {
		t.Errorf("the longest cut gives %d samples of 4", best)
	}
	for cut := range packed {
		_, _ = ReadPprof(background, bytes.NewReader(packed[:cut]))
	}
}

func TestRules(t *testing.T) {
	t.Parallel()
	rules, err := ReadRules(background, bytes.NewReader(open(t, "4.2.3.rules.txt")))
	if err != nil {
		t.Fatal(err)
	}
	want := []RuleCount{{Name: "constraint_value", Count: 2}, {Name: "constraint_setting", Count: 2}, {Name: "eat", Count: 2, Actions: 2},
		{Name: "platform", Count: 1}, {Name: "spin", Aspect: true, Count: 2}}
	if diff := cmp.Diff(want, rules.Rows); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	tracked := "RULE                                COUNT    ACTIONS         BYTES         EACH\r\n" +
		"...a_rule_of_a_very_long_name           6      1,006    16,284,136    2,714,022\r\n\r\n" +
		"ASPECT                              COUNT    ACTIONS         BYTES         EACH\r\nasp    6          0     6,292,840    1,048,806\r\nnoise here\r\n"
	rules, _ = ReadRules(background, strings.NewReader(tracked))
	want = []RuleCount{{Name: "a_rule_of_a_very_long_name", Cut: true, Count: 6, Actions: 1006, Bytes: 16284136, BytesEach: 2714022, HasBytes: true},
		{Name: "asp", Aspect: true, Count: 6, Bytes: 6292840, BytesEach: 1048806, HasBytes: true}}
	if diff := cmp.Diff(want, rules.Rows); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	rules, _ = ReadRules(background, strings.NewReader("No rules in Bazel server, please run a build command first.\n"))
	if rules.Note == "" || len(rules.Rows) != 0 {
		t.Errorf("%+v", rules)
	}
}

func TestPhases(t *testing.T) {
	t.Parallel()
	data := open(t, "4.2.3.memory.profile")
	phases, err := ReadPhases(background, bytes.NewReader(data))
	if err != nil || len(phases.Phases) != 5 || phases.Cut {
		t.Fatalf("%+v, %v", phases, err)
	}
	want := Phase{"Build artifacts", Usage{157286400, 19269232, 50331648, 157286400}, Usage{7667712, 55695168, 58720256, -1}}
	if diff := cmp.Diff(want, phases.Phases[4]); diff != "" {
		t.Error(diff)
	}
	for cut := 1; cut < len(data); cut++ {
		got, err := ReadPhases(background, bytes.NewReader(data[:cut]))
		if err != nil {
			t.Fatal(err)
		}
		for i, p := range got.Phases {
			if full := phases.Phases[i]; p.Heap.UsedBytes != -1 && p.Heap.UsedBytes != full.Heap.UsedBytes {
				t.Fatalf("cut at %d: %+v, want parts of %+v", cut, p, full)
			}
		}
		if got.Cut != (data[cut-1] != '\n') {
			t.Fatalf("cut at %d: said %v", cut, got.Cut)
		}
	}
}

func FuzzPprof(f *testing.F) {
	data := open(f, "4.2.3.cpu.pprof")
	f.Add(data)
	f.Add(data[:len(data)/2])
	f.Add([]byte("\x0a\x04\x08\x01\x10\x02\x12\x02\x08\x01\x32\x00\x32\x06memory"))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := ReadPprof(background, bytes.NewReader(data))
		if (p == nil) == (err == nil) {
			t.Fatal("neither or both")
		}
	})
}

func FuzzText(f *testing.F) {
	f.Add(open(f, "4.2.3.rules.txt"))
	f.Add(open(f, "4.2.3.memory.profile"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := ReadRules(background, bytes.NewReader(data)); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadPhases(background, bytes.NewReader(data)); err != nil {
			t.Fatal(err)
		}
	})
}
