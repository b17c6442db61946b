// SPDX-License-Identifier: Apache-2.0

package bisect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"example.invalid/starlark-memls/internal/bazel/heap"
	"example.invalid/starlark-memls/internal/measurement"
)

// A project is a git repository with a workspace below its root.
type project struct {
	t    *testing.T
	root string
}

func newProject(t *testing.T) *project {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Fatalf("git is not installed (Debian: apt-get install git): %v", err)
	}
	p := &project{t, filepath.Join(t.TempDir(), "checkout")}
	if err := os.MkdirAll(p.root, 0o700); err != nil {
		t.Fatal(err)
	}
	p.git("init", "--quiet", "--initial-branch=main")
	return p
}

func (p *project) git(args ...string) string {
	p.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = p.root
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null", "GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.com", "GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.com")
	out, err := cmd.CombinedOutput()
	if err != nil {
		p.t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// commit writes files and commits them.
func (p *project) commit(subject string, files map[string]string) string {
	p.t.Helper()
	for name, text := range files {
		path := filepath.Join(p.root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			p.t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			p.t.Fatal(err)
		}
	}
	p.git("add", "--all")
	p.git("commit", "--quiet", "--allow-empty", "--message", subject)
	return p.git("rev-parse", "HEAD")
}

// fakeBuild is a build whose bytes stand in the workspace's files: BYTES of
// eat_impl, and "broken" that it does not build.
func fakeBuild(builds *[]string) MeasureFunc {
	return func(_ context.Context, workspace, folder string) (measurement.Record, error) {
		*builds = append(*builds, filepath.Base(folder))
		text, err := os.ReadFile(filepath.Join(workspace, "BYTES"))
		if err != nil {
			return measurement.Record{}, err
		}
		record := measurement.Record{Schema: 1, Status: measurement.OK, MemoryLimitBytes: 1 << 30}
		var owners []heap.RetainedOwner
		for i, word := range strings.Fields(string(text)) {
			n, err := strconv.ParseInt(word, 10, 64)
			if err != nil {
				record.Status = measurement.Failed
				break
			}
			name := []string{"eat_impl", "other_impl"}[i]
			owners = append(owners, heap.RetainedOwner{Kind: "function", Name: name, File: "rules/eat.bzl", Line: 1, Targets: 3, RetainedBytes: n, Objects: 3})
		}
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return record, err
		}
		write := func(name string, v any) {
			text, _ := json.Marshal(v)
			err = errors.Join(err, os.WriteFile(filepath.Join(folder, name), text, 0o600))
		}
		write("measurement.json", record)
		if record.Status == measurement.OK {
			write("retained.json", heap.Retained{Schema: 1, LiveBytes: 99, Owners: owners})
		}
		return record, err
	}
}

const sources = `def _joined(deps):
    return "".join(deps)

def eat_impl(ctx):
    text = _joined(ctx.attr.deps)
    return [EatInfo(text = text)]

def other_impl(ctx):
    return []

EatInfo = provider()
eat = rule(implementation = eat_impl)
`

// TestRun bisects a real repository: in a worktree of its own, from a
// subfolder, around a commit that does not build, over a merge, and tells the
// lines that what the owner calls was changed in.
func TestRun(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	in := func(bytes, text string) map[string]string {
		return map[string]string{"ws/BYTES": bytes, "ws/MODULE.bazel": "", "ws/rules/BUILD": "", "ws/rules/eat.bzl": text}
	}
	good := p.commit("begin", in("1000000 500000", sources))
	p.commit("other grows", in("1000000 9000000", sources))
	p.git("checkout", "--quiet", "-b", "topic")
	p.commit("on a branch", in("1000100 9000000", sources))
	p.git("checkout", "--quiet", "main")
	p.commit("beside it", map[string]string{"README": "x"})
	p.git("merge", "--quiet", "--no-ff", "--message", "merge topic", "topic")
	p.commit("does not build", in("broken", sources))
	p.commit("mended", in("1000100 9000000", sources))
	guilty := p.commit("join them twice", in("5000100 9000000",
		strings.Replace(strings.Replace(sources, `"".join(deps)`, `"".join(deps + deps)`, 1), "    return []", "    return [] # unrelated", 1)))
	p.commit("more", map[string]string{"README": "y"})
	p.commit("and more", in("5000050 9000001", sources))
	bad := p.commit("end", map[string]string{"README": "z"})

	dirty := filepath.Join(p.root, "ws", "BYTES")
	if err := os.WriteFile(dirty, []byte("edited, and not committed"), 0o600); err != nil {
		t.Fatal(err)
	}
	var builds []string
	q := Request{Repository: p.root, Workspace: "ws", Good: good, Bad: "main", Owner: "eat_impl", By: ByOwner, Dir: filepath.Join(t.TempDir(), "out"), Repeats: 3, Measure: fakeBuild(&builds)}
	r, err := Run(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	if r.Commit.ID != guilty || r.Commit.Subject != "join them twice" || r.Commit.Author != "Ada" || r.Before.Bytes != 1000100 || r.After.Bytes != 5000100 || r.Bad.Commit != bad {
		t.Errorf("%+v", r)
	}
	if r.Commits != 9 || r.Steps > 4 {
		t.Errorf("%d commits, %d steps", r.Commits, r.Steps)
	}
	var lines []string
	for _, l := range r.Lines {
		lines = append(lines, fmt.Sprintf("%s:%d %t %s %s", l.File, l.Line, l.Removed, l.Within, l.Why))
	}
	want := []string{
		"ws/rules/eat.bzl:2 true _joined called by eat_impl", "ws/rules/eat.bzl:2 false _joined called by eat_impl",
		"ws/rules/eat.bzl:9 true other_impl ", "ws/rules/eat.bzl:9 false other_impl ",
	}
	if !slices.Equal(lines, want) {
		t.Errorf("lines\n%s\nwant\n%s", strings.Join(lines, "\n"), strings.Join(want, "\n"))
	}
	if left := p.git("worktree", "list"); strings.Contains(left, "\n") {
		t.Errorf("the worktree is still there: %s", left)
	}
	if text, err := os.ReadFile(dirty); err != nil || string(text) != "edited, and not committed" {
		t.Errorf("the user's checkout is %q now", text)
	}

	// Again: everything is there already.
	before := len(builds)
	if again, err := Run(t.Context(), q); err != nil || again.Commit.ID != guilty || len(builds) != before {
		t.Errorf("again: %v, %d more builds", err, len(builds)-before)
	}
	// Who grew most is found without being named: the other one did.
	q.Owner = ""
	if r, err = Run(t.Context(), q); err != nil || r.Metric.Name != "other_impl" || r.Commit.Subject != "other grows" {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestRunBrokenOff: what an interrupted run has measured is not measured again,
// and its worktree and half a measurement do no harm.
func TestRunBrokenOff(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	for i := range 9 {
		p.commit(fmt.Sprint(i), map[string]string{"BYTES": fmt.Sprint(100000 + i/5*50000), "MODULE.bazel": ""})
	}
	var builds []string
	whole := fakeBuild(&builds)
	ctx, cancel := context.WithCancel(t.Context())
	q := Request{Repository: p.root, Workspace: ".", Good: "main~8", Bad: "main", By: ByOwner, Dir: filepath.Join(t.TempDir(), "out"), Repeats: 3}
	q.Measure = func(ctx context.Context, workspace, folder string) (measurement.Record, error) {
		if len(builds) == 3 {
			cancel()
			return measurement.Record{}, errors.Join(os.MkdirAll(folder, 0o700), ctx.Err())
		}
		return whole(ctx, workspace, folder)
	}
	if _, err := Run(ctx, q); !errors.Is(err, context.Canceled) {
		t.Fatalf("%v", err)
	}
	q.Measure = whole
	r, err := Run(t.Context(), q)
	if err != nil || r.Commit.Subject != "5" {
		t.Fatalf("%+v, %v", r, err)
	}
	slices.Sort(builds)
	if same := slices.Compact(slices.Clone(builds)); len(same) != len(builds) {
		t.Errorf("something was built twice: %v", builds)
	}
}

func TestRunRefuses(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	first := p.commit("1", map[string]string{"BYTES": "100000", "MODULE.bazel": ""})
	second := p.commit("2", map[string]string{"BYTES": "200000"})
	for _, tt := range []struct{ good, bad, owner, wrong string }{
		{"nowhere", second, "", "nowhere is not a revision"},
		{"--help", second, "", "--help is not a revision"},
		{second, first, "", "must come before"},
		{first, first, "", "no commit between"},
		{first, second, "nobody", "nobody of that name"},
	} {
		var builds []string
		q := Request{Repository: p.root, Workspace: ".", Good: tt.good, Bad: tt.bad, Owner: tt.owner, By: ByOwner, Dir: filepath.Join(t.TempDir(), "out"), Measure: fakeBuild(&builds)}
		if _, err := Run(t.Context(), q); err == nil || !strings.Contains(err.Error(), tt.wrong) {
			t.Errorf("%+v: %v", tt, err)
		}
	}
}

func TestOwner(t *testing.T) {
	t.Parallel()
	r := heap.Retained{Owners: []heap.RetainedOwner{
		{Kind: "aspect", Name: "//memory:eat.bzl%traverse", RetainedBytes: 5}, {Kind: "function", Name: "_impl", File: "a/x.bzl", RetainedBytes: 1},
		{Kind: "function", Name: "_impl", File: "b/y.bzl", RetainedBytes: 2}, {Kind: "provider_field", Name: "I.x", RetainedBytes: 3}}}
	for name, want := range map[string]Metric{
		"_impl":                     {ByOwner, "function", "_impl", ""},
		"b/y.bzl%_impl":             {ByOwner, "function", "_impl", "b/y.bzl"},
		"//b:y.bzl%_impl":           {ByOwner, "function", "_impl", "b/y.bzl"},
		"y.bzl%_impl":               {ByOwner, "function", "_impl", "y.bzl"},
		"I.x":                       {ByOwner, "provider_field", "I.x", ""},
		"//memory:eat.bzl%traverse": {ByOwner, "aspect", "//memory:eat.bzl%traverse", ""},
	} {
		if got, err := Owner(name, r); err != nil || got != want {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if _, err := Owner("z.bzl%_impl", r); err == nil {
		t.Error("a function of another file is found")
	}
}

func FuzzParseDiff(f *testing.F) {
	f.Add("diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,2 +1 @@\n-a\n--- b\n+++ c\n")
	f.Fuzz(func(t *testing.T, text string) {
		for _, l := range parseDiff(text) {
			if strings.Contains(l.Text, "\n") {
				t.Errorf("%q is several lines", l.Text)
			}
		}
	})
}
