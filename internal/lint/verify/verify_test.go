// SPDX-License-Identifier: Apache-2.0

package verify

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"example.invalid/starlark-memls/internal/bazel/heap"
	"example.invalid/starlark-memls/internal/measure"
	"example.invalid/starlark-memls/internal/retained"
)

func side(bytes, limit int64, outputs map[string][32]byte, actions ...string) Side {
	set := retained.One(heap.Retained{Schema: 1, LiveBytes: bytes, Owners: []heap.RetainedOwner{
		{Kind: "function", Name: "_audit_impl", File: "a.bzl", RetainedBytes: bytes, Objects: 7, Targets: 3},
		{Kind: "provider_field", Name: "AuditInfo.records", File: "a.bzl", RetainedBytes: bytes, Objects: 7, Targets: 3},
	}})
	if limit > 0 {
		set.Limit = &retained.NeededLimit{Bytes: limit, From: retained.FromCounters}
	}
	return Side{Heap: set, Built: measure.Built{Actions: actions, Outputs: outputs}}
}

func TestSentence(t *testing.T) {
	t.Parallel()
	one, two := [32]byte{1}, [32]byte{2}
	for _, tc := range []struct {
		before, after Side
		want          string
		same          bool
	}{
		{side(137<<20, 114<<20, map[string][32]byte{"bin/a": one}, "x", "y"), side(1<<20, 64<<20, map[string][32]byte{"bin/a": one}, "x", "y"),
			"AuditInfo.records: 137 MiB → 1 MiB; the build needs -Xmx64m instead of -Xmx114m; 2 actions, all 1 output equal.", true},
		{side(137<<20, 0, map[string][32]byte{"bin/a": one, "bin/b": one}, "x", "y"), side(137<<20, 64<<20, map[string][32]byte{"bin/a": two, "bin/c": one}, "x", "z"),
			"no holder's bytes differ beyond noise (137 MiB → 137 MiB live); the limit that the build needs is not known; 1 of 2 actions changed, 3 outputs differ.", false},
	} {
		v := Compare(tc.before, tc.after)
		if got := v.Sentence(); got != tc.want || v.Same() != tc.same {
			t.Errorf("it says %q (same: %v)\nwant    %q", got, v.Same(), tc.want)
		}
	}
}

// TestTrees: a copy is independent of what it was made from, and a revision is
// what was committed.
func TestTrees(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	for name, text := range map[string]string{"WORKSPACE": "", "p/a.bzl": "x = 1\n"} {
		if err := os.MkdirAll(filepath.Join(root, filepath.Dir(name)), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for _, link := range []string{"bazel-out", "p/link"} {
		if err := os.Symlink("a.bzl", filepath.Join(root, link)); err != nil {
			t.Fatal(err)
		}
	}
	copied := t.TempDir()
	if err := CopyTree(t.Context(), root, copied); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(filepath.Join(copied, "bazel-out")); err == nil {
		t.Error("Bazel's link was copied")
	}
	if err := Overwrite(filepath.Join(copied, "p", "a.bzl"), []byte("x = 2\n")); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(filepath.Join(root, "p", "a.bzl")); err != nil || string(text) != "x = 1\n" {
		t.Errorf("the source has become %q, %v", text, err)
	}
	if text, err := os.ReadFile(filepath.Join(copied, "p", "link")); err != nil || string(text) != "x = 2\n" {
		t.Errorf("the copy's link leads to %q, %v", text, err)
	}

	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("no git")
	}
	git := func(args ...string) {
		cmd := exec.CommandContext(context.Background(), "git", append([]string{"-c", "user.name=a", "-c", "user.email=a@example.invalid"}, args...)...)
		cmd.Dir = root
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	git("init", "-q")
	git("add", "-A")
	git("commit", "-q", "-m", "one")
	if err := os.WriteFile(filepath.Join(root, "p", "a.bzl"), []byte("x = 3\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	then := t.TempDir()
	if err := RevisionTree(t.Context(), root, "HEAD", then); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(filepath.Join(then, "p", "a.bzl")); err != nil || string(text) != "x = 1\n" {
		t.Errorf("the revision has %q, %v", text, err)
	}
	if err := RevisionTree(t.Context(), root, "nothing", t.TempDir()); err == nil {
		t.Error("a revision that is not there is written")
	}
	if err := RevisionTree(t.Context(), root, "--output=x", t.TempDir()); err == nil {
		t.Error("an option is a revision")
	}
}
