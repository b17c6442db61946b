// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"example.invalid/starlark-memls/internal/bazel/outputbase"
	"example.invalid/starlark-memls/internal/bazel/outputbase/outputbasetest"
	"example.invalid/starlark-memls/internal/bazel/trace"
)

func state(t *testing.T, findings []Check, what string) Check {
	t.Helper()
	for _, f := range findings {
		if f.What == what {
			return f
		}
	}
	t.Fatalf("nothing is said of the %s: %+v", what, findings)
	return Check{}
}

// TestExamineCrashed looks at a workspace whose first build ran out of memory:
// everything is found but a heap dump flag on the server.
func TestExamineCrashed(t *testing.T) {
	t.Parallel()
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"WORKSPACE": "", "eat.bzl": "def eat():\n    pass\n"} {
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	base := outputbasetest.Write(t, "1-crash")
	if err := os.WriteFile(filepath.Join(base, "DO_NOT_BUILD_HERE"), []byte(root), 0o644); err != nil {
		t.Fatal(err)
	}
	env := outputbase.Environment{GOOS: "linux", Home: t.TempDir(), User: "builder",
		Getenv: func(string) string { return "" }, Startup: []string{"--output_base=" + base}}
	findings := Examine(t.Context(), root, env, nobody)
	if f := findings[0]; f.What != "last build" || f.State != Died || !strings.Contains(f.Found, "out of memory under 100 MiB") || !strings.Contains(f.Advice, "report") {
		t.Errorf("first comes %+v, want that the last build died", f)
	}
	for _, what := range []string{"workspace", "output base", "last command", "heap dumps"} {
		if f := state(t, findings, what); f.State != Good || f.Found == "" {
			t.Errorf("%s: %+v, want it good, with what was found", what, f)
		}
	}
	if f := state(t, findings, "server"); !strings.Contains(f.Found, "-Xmx100m") || !strings.Contains(f.Found, " died") {
		t.Errorf("the server: %+v, want that it died, and its limit", f)
	}
	if f := state(t, findings, "last profile"); f.State == Missing {
		t.Errorf("the profile: %+v, want it found", f)
	}
}

// TestExamineNothing: where nothing was built, each thing that is missing says
// what to do, and what there is not is not looked into.
func TestExamineNothing(t *testing.T) {
	t.Parallel()
	env := outputbase.Environment{GOOS: "linux", Home: t.TempDir(), User: "builder", Getenv: func(string) string { return "" }}
	findings := Examine(t.Context(), t.TempDir(), env, nobody)
	for _, what := range []string{"workspace", "output base"} {
		if f := state(t, findings, what); f.State != Missing || f.Advice == "" {
			t.Errorf("%s: %+v, want it missing, with advice", what, f)
		}
	}
	for _, f := range findings {
		if f.What == "last profile" {
			t.Errorf("without an output base a profile is told of: %+v", f)
		}
	}
}

// nobody is armed.
func nobody(string) bool { return false }

func TestServer(t *testing.T) {
	t.Parallel()
	flags := []string{"-Xmx100m"}
	leaves := append(slices.Clone(flags), "-XX:+HeapDumpOnOutOfMemoryError")
	log := &outputbase.SeenFile{}
	for name, test := range map[string]struct {
		base          outputbase.OutputBase
		died, armed   bool
		found, advice string
	}{
		"none ever":      {outputbase.OutputBase{}, false, false, "no server was started here", ""},
		"runs":           {outputbase.OutputBase{Server: outputbase.LastServer{PID: 7, Alive: true, JVMFlags: flags, MaxHeapBytes: 100 << 20}}, false, false, "process 7 is running, -Xmx100m", "starlark-memls arm"},
		"armed":          {outputbase.OutputBase{Server: outputbase.LastServer{PID: 7, Alive: true, JVMFlags: flags}}, false, true, "process 7 is running, without -Xmx (the JVM then takes a quarter of the memory); it is armed", ""},
		"Bazel 4":        {outputbase.OutputBase{Server: outputbase.LastServer{PID: 7, Alive: true, JVMFlags: leaves, MaxHeapBytes: 100 << 20}}, false, false, "process 7 is running, -Xmx100m", ""},
		"died":           {outputbase.OutputBase{Server: outputbase.LastServer{JVMFlags: flags, MaxHeapBytes: 100 << 20}, CommandLog: log, JavaLogs: []outputbase.JavaLog{{ServerPID: 8}}}, true, false, "process 8 died, -Xmx100m", "add to .bazelrc"},
		"stopped":        {outputbase.OutputBase{Server: outputbase.LastServer{PID: 9, JVMFlags: leaves, MaxHeapBytes: 100 << 20}}, false, false, "process 9 has ended, -Xmx100m", ""},
		"a console only": {outputbase.OutputBase{CommandLog: log}, false, false, "the last one has ended", ""},
	} {
		f := server(&test.base, test.died, test.armed)
		if !strings.HasPrefix(f.Found, test.found) || test.advice == "" && f.Advice != "" || !strings.HasPrefix(f.Advice, test.advice) {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

func TestAdviceNamesTheWorstFirst(t *testing.T) {
	t.Parallel()
	tests := []struct {
		blind []trace.Blindness
		want  string
	}{
		{nil, ""},
		{[]trace.Blindness{trace.BlindShortCalls}, "--record_full_profiler_data"},
		{[]trace.Blindness{trace.BlindShortCalls, trace.BlindSlim}, "--noslim_profile"},
		{[]trace.Blindness{trace.BlindCut, trace.BlindEmpty}, "it is empty"},
	}
	for _, tt := range tests {
		got := adviceOn(tt.blind)
		if tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
			t.Errorf("advice on %v is %q, want %q", tt.blind, got, tt.want)
		}
	}
}
