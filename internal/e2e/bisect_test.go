// SPDX-License-Identifier: Apache-2.0

//go:build e2e && slow

package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"example.invalid/starlark-memls/internal/bazeltest"
)

const historyRules = `EatInfo = provider(fields = ["text"])

def _told(name, n):
    return name * n

def _eat_impl(ctx):
    return [EatInfo(text = _told(ctx.label.name, %d))]

def _other_impl(ctx):
    return [EatInfo(text = _told(ctx.label.name, %d))]

eat = rule(implementation = _eat_impl)
other = rule(implementation = _other_impl)
`

const historyBuild = `load(":rules.bzl", "eat", "other")
[eat(name = "eat_%d" % i) for i in range(100)]
[other(name = "other_%d" % i) for i in range(100)]
`

// TestBisect: a real Bazel builds a history of seven commits, of which one does
// not build, one moves another owner, and one makes _eat_impl hold 10 % more.
func TestBisect(t *testing.T) {
	t.Parallel()
	w := bazeltest.New(t, "memory-eater", bazeltest.WorkspaceOptions{NoLinks: true})
	root := filepath.Join(filepath.Dir(w.Dir), "history")
	git := func(args ...string) string {
		t.Helper()
		cmd := exec.Command("git", args...)
		cmd.Dir = root
		cmd.Env = append(environment(w), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=a@example.com")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	if err := os.MkdirAll(root, 0o700); err != nil {
		t.Fatal(err)
	}
	git("init", "--quiet", "--initial-branch=main")
	var commits []string
	for i, c := range []struct {
		eat, other int
		build      string
	}{{2000, 1000, historyBuild}, {2000, 1500, historyBuild}, {2000, 1500, historyBuild + "\nload("}, {2000, 1500, historyBuild}, {2200, 1500, historyBuild}, {2200, 1600, historyBuild}, {2200, 1600, historyBuild + "\n"}} {
		for name, text := range map[string]string{"WORKSPACE": "", "BUILD": c.build, "rules.bzl": fmt.Sprintf(historyRules, c.eat, c.other)} {
			if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		git("add", "--all")
		git("commit", "--quiet", "--message", fmt.Sprintf("commit %d", i))
		commits = append(commits, git("rev-parse", "HEAD"))
	}
	base, kept := filepath.Join(filepath.Dir(w.Dir), "bisect"), filepath.Join(filepath.Dir(w.Dir), "kept")
	args := []string{"bisect", "--workspace", root, "--good", commits[0], "--bad", "main", "--format", "json", "--out", kept,
		"--bazel", bazeltest.Find(t), "--output-base", base, "--memory", "600m"}
	for _, owner := range []string{"_eat_impl", "EatInfo.text"} {
		stdout, stderr, code := run(t, w, append(append([]string{}, args...), "--owner", owner, "--", "//...")...)
		var found struct {
			Commit        struct{ Subject string }
			Before, After struct{ Bytes int64 }
			Lines         []struct {
				Text, Within, Why string
			}
		}
		if err := json.Unmarshal([]byte(stdout), &found); code != 0 || err != nil {
			t.Fatalf("exit %d: %v\n%s%s", code, err, stdout, stderr)
		}
		if owner == "EatInfo.text" {
			if found.Commit.Subject != "commit 1" { // 500 of 1000 a target, against 200 of 2000
				t.Errorf("of the field it is %+v\n%s", found, stderr)
			}
			continue
		}
		if found.Commit.Subject != "commit 4" || found.After.Bytes-found.Before.Bytes < 100*200*5 {
			t.Errorf("found %+v\n%s", found, stderr)
		}
		if len(found.Lines) == 0 || found.Lines[0].Within != "_eat_impl" || found.Lines[0].Why != "owner" {
			t.Errorf("its lines are %+v", found.Lines)
		}
	}
	if status := git("status", "--porcelain"); status != "" || git("worktree", "list", "--porcelain") == "" {
		t.Errorf("the checkout was changed: %s", status)
	}
	noBazelOn(t, base)
}
