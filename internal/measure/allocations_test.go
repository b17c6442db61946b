// SPDX-License-Identifier: Apache-2.0

//go:build e2e && slow

package measure_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"example.invalid/starlark-memls/internal/bazel/dump"
	"example.invalid/starlark-memls/internal/bazeltest"
	"example.invalid/starlark-memls/internal/measurement"
)

// TestAllocations: with the allocation agent a build that passed leaves what
// each function has allocated, and each rule. Debian's agent understands the
// JDK that Bazel 2.1.0 brings along.
func TestAllocations(t *testing.T) {
	script := exec.Command(filepath.Join(bazeltest.Root(t), "scripts", "allocation-agent"), t.TempDir())
	agent, err := script.Output()
	if err != nil {
		t.Fatalf("getting the allocation agent: %v", err)
	}
	w := bazeltest.New(t, "culprits", bazeltest.WorkspaceOptions{NoLinks: true, Bazel: bazeltest.FromNpm(t, "2.1.0")})
	s := realSweep(t, w, "2g")
	s.Bazel.Path = bazeltest.FromNpm(t, "2.1.0")
	s.Bazel.Startup = append(s.Bazel.Startup, "--host_jvm_args=-javaagent:"+strings.TrimSpace(string(agent)), "--host_jvm_args=-DRULE_MEMORY_TRACKER=1")
	s.Args, s.Allocations, s.Timeout = []string{"//providers/..."}, true, 20*time.Minute // every allocation is looked at
	runSweep(t, s)

	folder := filepath.Join(s.Out, "2048m-1")
	profile := read(t, filepath.Join(folder, "memory.pprof"), func(f *os.File) (*dump.Profile, error) { return dump.ReadPprof(t.Context(), f) })
	if !slices.ContainsFunc(profile.Functions, func(f dump.FunctionProfile) bool { return f.Name == "keep_impl" && f.Cumulative > 1<<20 }) {
		t.Errorf("no megabyte is keep_impl's: %+v", profile.Functions)
	}
	rules := read(t, filepath.Join(folder, "rules.txt"), func(f *os.File) (*dump.Rules, error) { return dump.ReadRules(t.Context(), f) })
	if !slices.ContainsFunc(rules.Rows, func(r dump.RuleCount) bool { return r.Name == "keep" && r.Bytes > 1<<20 }) {
		t.Errorf("no megabyte is the rule's: %+v", rules.Rows)
	}
	found, warnings, err := measurement.Open(t.Context(), folder)
	if err != nil || len(found) != 1 || len(found[0].Parts[measurement.AllocationProfile]) != 1 || len(found[0].Parts[measurement.Rules]) != 1 {
		t.Errorf("the measurement is %+v, %v, %v", found, warnings, err)
	}
}

func read[T any](t *testing.T, path string, with func(*os.File) (*T, error)) *T {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	value, err := with(file)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return value
}
