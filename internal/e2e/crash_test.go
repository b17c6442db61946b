// SPDX-License-Identifier: Apache-2.0

//go:build e2e

package e2e

import (
	"strings"
	"testing"

	"example.invalid/starlark-memls/internal/bazeltest"
)

// The guilty function of the example, and where it is defined.
const guilty = "traverse_impl"

// TestFirstBuildDies: the first build that a workspace ever had dies in
// analysis, so there is no bazel-* link to find the output base by. With
// nothing configured the report names the eater first, also after a command
// that overwrites the log; then the fix is built, and it is gone.
func TestFirstBuildDies(t *testing.T) {
	t.Parallel()
	w := bazeltest.New(t, "memory-eater", bazeltest.WorkspaceOptions{DefaultOutputBase: true, NoLinks: true})
	if got := w.Build(t, "200m", "//..."); !got.Crashed() {
		t.Fatalf("Bazel was to run out of memory, and exits %d:\n%s", got.ExitCode, got.Console)
	}
	crashed := report(t, w)
	checkGuilty(t, crashed)
	checkDumped(t, crashed)
	checkHeap(t, w)
	if len(crashed.Measurements) != 1 || crashed.Measurements[0].MemoryLimitBytes != 200<<20 {
		t.Errorf("the measurements are %+v, want one under 200 MiB", crashed.Measurements)
	}

	out, complaints, code := run(t, w, "crash", "--workspace", ".")
	first, _, _ := strings.Cut(out, "\n")
	if code != 0 || !strings.HasPrefix(first, bazeltest.EaterFile+":") || !strings.Contains(first, guilty) || strings.Contains(first, "inferred") {
		t.Errorf("crash exits %d and prints\n%s%s\nwant first a line of %s that a stack names", code, out, complaints, guilty)
	}

	// Another command overwrites the log; the crash is not lost.
	if got := w.Run(t, "200m", "info", "release"); got.ExitCode != 0 {
		t.Fatalf("bazel info exits %d:\n%s", got.ExitCode, got.Console)
	}
	checkGuilty(t, report(t, w))

	w.Fix(t)
	if got := w.Build(t, "200m", "//..."); got.ExitCode != 0 {
		t.Fatalf("the fixed workspace does not build: %d\n%s", got.ExitCode, got.Console)
	}
	fixed := report(t, w)
	if len(fixed.Crashes) != 0 {
		t.Errorf("after a build that passed the report has crashes: %+v", fixed.Crashes)
	}
	if _, complaints, code := run(t, w, "crash"); code != 1 || !strings.Contains(complaints, "no crash") {
		t.Errorf("crash after a build that passed exits %d: %s", code, complaints)
	}
}

func checkGuilty(t *testing.T, d document) {
	t.Helper()
	if len(d.Functions) == 0 {
		t.Fatalf("the report names no function: %+v", d)
	}
	f := d.Functions[0]
	if f.Name != guilty || f.File != bazeltest.EaterFile || f.Line == 0 {
		t.Errorf("the first function is %s in %s:%d, want %s in %s", f.Name, f.File, f.Line, guilty, bazeltest.EaterFile)
	}
	if len(d.Crashes) != 1 {
		t.Errorf("the report has %d crashes, want one", len(d.Crashes))
	}
}
