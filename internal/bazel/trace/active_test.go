// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var views = []View{ViewThreads, ViewHistogram, ViewClose, ViewMedium, ViewFar}

// TestActive holds every view of every recorded profile, whole and cut,
// against the oracle in Python.
func TestActive(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: runs the original in python")
	}
	t.Parallel()
	dir := t.TempDir()
	var paths []string
	add := func(data []byte) {
		path := filepath.Join(dir, strconv.Itoa(len(paths)))
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	for _, data := range profiles(t) {
		add(data)
		text := inflated(data)
		for i := 1; i < 5; i++ {
			add(text[:len(text)*i/5])
			// Behind a whole event, and behind the end of its line.
			newline := bytes.IndexByte(text[len(text)*i/5:], '\n') + len(text)*i/5
			for n := newline - 2; n <= newline+2; n++ {
				add(text[:n])
			}
		}
	}
	compareActive(t, paths, "1e5,1e6,1e7")
	compareActive(t, paths, "1000,250000,3e6")
}

// TestActiveOnExamples does the same with the measurements that are recorded
// for the demonstration.
func TestActiveOnExamples(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..", "..", "examples", "memory-eater", "measurements")
	var paths []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.Name() != "profile.gz" {
			return err
		}
		paths = append(paths, path)
		return nil
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	compareActive(t, paths, "1e5,1e6,1e7")
	t.Logf("%d recorded measurements compared", len(paths))
}

// compareActive runs the oracle once over all paths.
func compareActive(t *testing.T, paths []string, thresholds string) {
	t.Helper()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Fatalf("python3, which runs the oracle testdata/active_oracle.py, is not installed (Debian: apt-get install python3): %v", err)
	}
	limits, err := ParseThresholds(thresholds)
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	oracle := exec.Command(python, append([]string{"testdata/active_oracle.py", thresholds}, paths...)...)
	oracle.Stderr = &stderr
	out, err := oracle.Output()
	if err != nil {
		t.Fatalf("the oracle: %v\n%s", err, stderr.Bytes())
	}
	want := map[string]string{}
	for section := range strings.SplitSeq("\n"+string(out), "\n== ") {
		title, lines, _ := strings.Cut(section, "\n")
		want[title] = sortedLines(lines)
	}
	for _, path := range paths {
		active := readActive(t, path, limits)
		for _, view := range views {
			var got bytes.Buffer
			if err := active.Print(&got, view); err != nil {
				t.Fatal(err)
			}
			title := path + " " + string(view)
			oracle, asked := want[title]
			if a := sortedLines(got.String()); !asked || a != oracle {
				t.Errorf("%s --thresholds %s:\n%s\nthe oracle says:\n%s", title, thresholds, a, oracle)
			}
		}
	}
}

func readActive(t *testing.T, path string, limits Thresholds) *Active {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	active, _, err := ReadActive(context.Background(), f, limits)
	if err != nil {
		t.Fatal(err)
	}
	return active
}

func sortedLines(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func TestActivePrint(t *testing.T) {
	t.Parallel()
	const text = `{"traceEvents":[
    {"name":"thread_name","ph":"M","pid":1,"tid":7,"args":{"name":"skyframe evaluator 1"}},
    {"cat":"Starlark user function call","name":"old","ph":"X","ts":0,"dur":1,"pid":1,"tid":9},
    {"cat":"Starlark user function call","name":"far","ph":"X","ts":0,"dur":900,"pid":1,"tid":7},
    {"cat":"Starlark user function call","name":"edge","ph":"X","ts":0,"dur":990,"pid":1,"tid":8},
    {"cat":"Starlark user function call","name":"callee","ph":"X","ts":995,"dur":5,"pid":1,"tid":7},
    {"cat":"Starlark user function call","name":"caller","ph":"X","ts":990,"dur":10,"pid":1,"tid":7},
    {"cat":"Starlark user function call","name":"instant","ph":"i","ts":2000,"pid":1,"tid":7}
  ]
}`
	active, _, err := ReadActive(context.Background(), strings.NewReader(text), Thresholds{10, 11, 999})
	if err != nil {
		t.Fatal(err)
	}
	for view, want := range map[View]string{
		ViewThreads:   "thread-9 old 1\nthread-8 edge 990\nskyframe-evaluator-1 caller 1000\n",
		ViewClose:     "callee 1000\ncaller 1000\n",
		ViewMedium:    "edge 990\ncallee 1000\ncaller 1000\n",
		ViewFar:       "far 900\nedge 990\ncallee 1000\ncaller 1000\n",
		ViewHistogram: "far far 900\nfar edge 990\nfar callee 1000\nfar caller 1000\nmedium edge 990\nmedium callee 1000\nmedium caller 1000\nclose callee 1000\nclose caller 1000\n",
	} {
		var got strings.Builder
		if err := active.Print(&got, view); err != nil {
			t.Fatal(err)
		}
		if got.String() != want {
			t.Errorf("%s:\n%swant:\n%s", view, got.String(), want)
		}
	}
	if err := active.Print(&strings.Builder{}, "everything"); err == nil {
		t.Error("an unknown view is printed")
	}
}

func TestParseThresholds(t *testing.T) {
	t.Parallel()
	got, err := ParseThresholds("1e5, 1000000,1.5")
	if err != nil || got != (Thresholds{1e5, 1e6, 1}) {
		t.Errorf("got %v, %v", got, err)
	}
	for _, text := range []string{"", "1,2", "1,2,3,4", "1,x,3", "-1,2,3", "1,2,1e99", "NaN,1,1"} {
		if _, err := ParseThresholds(text); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("ParseThresholds(%q): %v", text, err)
		}
	}
}

// A name that somebody made up neither commands the terminal nor adds lines.
func TestPrintHasNoControls(t *testing.T) {
	t.Parallel()
	call := ActiveCall{Function: "f\x1b[2J\ng 1", EndMicros: 2}
	a := &Active{Threads: []ActiveThread{{"t\a", call}}, Close: []ActiveCall{call}}
	for view, want := range map[View]string{ViewThreads: "t? f?[2J?g 1 2\n", ViewClose: "f?[2J?g 1 2\n", ViewHistogram: "close f?[2J?g 1 2\n"} {
		var out strings.Builder
		if err := a.Print(&out, view); err != nil || out.String() != want {
			t.Errorf("%s: %q, %v, want %q", view, out.String(), err, want)
		}
	}
}
