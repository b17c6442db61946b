// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// pipelineBlock is a fenced block of docs/ci.md under its heading.
var pipelineBlock = regexp.MustCompile("(?s)\n## ([^\n]+)\n.*?```(?:yaml|groovy)\n(.*?)```")

// pipelines are the shell steps of each pipeline of the page, in their order.
func pipelines(t *testing.T) map[string][]string {
	t.Helper()
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "ci.md"))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]string{}
	for _, m := range pipelineBlock.FindAllStringSubmatch(string(page), -1) {
		name, text := m[1], m[2]
		if name == "Jenkins" {
			for _, sh := range regexp.MustCompile("(?s)sh '''(.*?)'''").FindAllStringSubmatch(text, -1) {
				all[name] = append(all[name], sh[1])
			}
			continue
		}
		var document struct {
			Jobs map[string]struct {
				Steps []struct{ If, Run string }
			}
			Memory struct {
				Before []string `yaml:"before_script"`
				Script []string
				After  []string `yaml:"after_script"`
			}
			Steps []struct{ Command string }
		}
		if err := yaml.Unmarshal([]byte(text), &document); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, job := range document.Jobs {
			for _, s := range job.Steps {
				if s.Run != "" {
					all[name] = append(all[name], s.Run)
				}
			}
		}
		for _, s := range document.Steps {
			all[name] = append(all[name], s.Command)
		}
		all[name] = append(all[name], append(append(document.Memory.Before, document.Memory.Script...), document.Memory.After...)...)
	}
	return all
}

// stub is a program of a build machine that says what it was asked, in $CALLS.
// The archive that curl fetches holds the program under test.
const stub = `#!/bin/bash
echo "$(basename "$0") $*" >>"$CALLS"
case "$(basename "$0")" in
curl) cat "$ARCHIVE" ;;
gh) [[ " $* " == *" --edit-last "* ]] && exit 1 ;; # there is no comment yet
buildkite-agent) [[ $1 == annotate ]] && cat >>"$CALLS" ;;
esac
exit 0
`

// wrapper runs the program under test, but for what needs a Bazel: watch runs
// its command alone, and measure leaves a recorded measurement.
const wrapper = `#!/bin/bash
echo "starlark-memls $*" >>"$CALLS"
case $1 in
watch) while [[ $1 != -- ]]; do shift; done; shift; exec "$@" ;;
measure) mkdir build && exec cp "$MEASURED" build/retained.json ;;
esac
exec "$PROGRAM" "$@"
`

const pipelineHeap = `{"schema": 1, "live_bytes": 73400320, "owners": [
 {"kind": "function", "name": "eat_impl", "file": "rules/eat.bzl", "line": 7, "targets": 10, "retained_bytes": 52428800, "objects": 50},
 {"kind": "bazel", "name": "Bazel itself", "retained_bytes": 20971520, "objects": 900}]}`

// TestPipelines runs the steps of each pipeline of docs/ci.md as they stand, with
// the shells that these hosts use: once where nothing has grown, and once where
// a function has, which has to fail.
func TestPipelines(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("the pipelines are for Linux")
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	found := pipelines(t)
	if len(found) != 4 {
		t.Fatalf("%d pipelines on the page, want 4", len(found))
	}
	for name, steps := range found {
		for _, grown := range []bool{false, true} {
			t.Run(name+map[bool]string{false: " as before", true: " grown"}[grown], func(t *testing.T) {
				t.Parallel()
				calls, failed := runPipeline(t, program, steps, grown)
				if failed != grown {
					t.Errorf("it failed: %t, want %t\n%s", failed, grown, calls)
				}
				for _, want := range []string{"curl -fsSL", "bazel build //...", "starlark-memls measure --out build", "starlark-memls check"} {
					if !strings.Contains(calls, want) {
						t.Errorf("no %s among the calls\n%s", want, calls)
					}
				}
				if name == "GitHub Actions" && !strings.Contains(calls, "gh pr comment 7 --body-file comment.md") {
					t.Errorf("no comment\n%s", calls)
				}
				if name == "Buildkite" && !strings.Contains(calls, "<!-- starlark-memls compare -->") {
					t.Errorf("no annotation\n%s", calls)
				}
			})
		}
	}
}

// runPipeline runs steps one after the other until one fails, which it tells.
// Steps for failed builds and cleaning up are run as well: they may not fail.
func runPipeline(t *testing.T, program string, steps []string, grown bool) (calls string, failed bool) {
	t.Helper()
	dir := t.TempDir()
	bin, workspace := filepath.Join(dir, "bin"), filepath.Join(dir, "checkout")
	put := func(path, text string, mode os.FileMode) string {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, name := range []string{"curl", "gh", "buildkite-agent", "bazel"} {
		put(filepath.Join(bin, name), stub, 0o755)
	}
	put(filepath.Join(workspace, "MODULE.bazel"), "", 0o644)
	put(filepath.Join(workspace, "rules", "eat.bzl"), "", 0o644)
	put(filepath.Join(workspace, "memls.toml"), "[build]\nlive_heap = \"1g\"\n[each]\nfunction = \"60m\"\n", 0o644)
	put(filepath.Join(workspace, "baseline", "retained.json"), pipelineHeap, 0o644)
	heap := pipelineHeap
	if grown {
		heap = strings.Replace(strings.Replace(heap, "73400320", "83886080", 1), "52428800", "62914561", 1)
	}
	measured := put(filepath.Join(dir, "measured.json"), heap, 0o644)
	put(filepath.Join(dir, "archive", "starlark-memls"), wrapper, 0o755)
	archive := filepath.Join(dir, "archive.tar.gz")
	if out, err := exec.Command("tar", "-czf", archive, "-C", filepath.Join(dir, "archive"), "starlark-memls").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	log := put(filepath.Join(dir, "calls"), "", 0o644)
	for _, step := range steps {
		// What a test may not write to.
		step = strings.ReplaceAll(step, "/usr/local/bin", bin)
		cmd := exec.Command("bash", "-euo", "pipefail", "-c", step)
		cmd.Dir = workspace
		cmd.Env = []string{"PATH=" + bin + ":" + filepath.Join(dir, "home", "bin") + ":" + os.Getenv("PATH"), "HOME=" + filepath.Join(dir, "home"), "USER=builder",
			"XDG_CACHE_HOME=" + filepath.Join(dir, "cache"), "CALLS=" + log, "ARCHIVE=" + archive, "MEASURED=" + measured, "PROGRAM=" + program, asProgram + "=1",
			"MEMLS_URL=https://example.invalid/memls.tar.gz", "WORKSPACE=" + workspace, "JOB_NAME=job", "GIT_COMMIT=abc", "CI_COMMIT_BRANCH=topic", "CI_DEFAULT_BRANCH=main",
			"CI_PROJECT_PATH=team/app", "CI_COMMIT_SHA=abc", "GITHUB_STEP_SUMMARY=" + filepath.Join(dir, "summary"), "GITHUB_PATH=" + filepath.Join(dir, "path"),
			"GITHUB_REPOSITORY=team/app", "GITHUB_SHA=abc", "PULL_REQUEST=7"}
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		if err := cmd.Run(); err != nil {
			if strings.Contains(out.String(), "--fail-on") || strings.Contains(out.String(), "budget:") {
				failed = true
				continue
			}
			// The steps for a build that failed have nothing to report here.
			if !strings.Contains(out.String(), "no build has left evidence") && !strings.Contains(out.String(), "output base") {
				t.Errorf("step failed: %v\n%s\n%s", err, step, out.String())
			}
		}
	}
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	return string(text), failed
}
