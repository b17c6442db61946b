// SPDX-License-Identifier: Apache-2.0

//go:build unix && e2e

package bazeltest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A limit under which the eater never fits; with the fix it does.
const tooLittle = "150m"

func TestTheEaterCrashesBazelUntilItIsFixed(t *testing.T) {
	t.Parallel()
	w := New(t, "memory-eater", WorkspaceOptions{DefaultOutputBase: true})

	crashed := w.Build(t, tooLittle, "//...")
	if !crashed.Crashed() {
		t.Fatalf("exit code %d, want %d or %d:\n%s", crashed.ExitCode, ExitOutOfMemory, ExitInternalError, crashed.Console)
	}
	marker, err := os.ReadFile(filepath.Join(w.OutputBase, "DO_NOT_BUILD_HERE"))
	if err != nil || strings.TrimSpace(string(marker)) != w.Dir {
		t.Errorf("DO_NOT_BUILD_HERE names %q (%v), want %s", marker, err, w.Dir)
	}
	if dumps := w.HeapDumps(t); len(dumps) != 1 {
		t.Errorf("the crash left the heap dumps %v, want one", dumps)
	}

	w.Fix(t)
	fixed := w.Build(t, tooLittle, "//...")
	if fixed.ExitCode != ExitOK {
		t.Fatalf("after the fix: exit code %d:\n%s", fixed.ExitCode, fixed.Console)
	}
	if _, err := os.Lstat(filepath.Join(w.Dir, "bazel-out")); err != nil {
		t.Errorf("a passing build made no link: %v", err)
	}
	if w.ServerPID() == 0 {
		t.Error("no server after a passing build")
	}
	w.Shutdown(t)
	if pid := w.ServerPID(); pid != 0 {
		t.Errorf("the server %d outlived Shutdown", pid)
	}
}

func TestNoLinks(t *testing.T) {
	t.Parallel()
	w := New(t, "memory-eater", WorkspaceOptions{NoLinks: true})
	built := w.Build(t, "600m", "--aspects=", "--output_groups=", "//memory:sources")
	if built.ExitCode != ExitOK {
		t.Fatalf("exit code %d:\n%s", built.ExitCode, built.Console)
	}
	if links, err := filepath.Glob(filepath.Join(w.Dir, "bazel-*")); err != nil || len(links) != 0 {
		t.Errorf("links %v (%v), want none", links, err)
	}
}

func TestOldBazelsCrashToo(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"2.1.0", "0.29.0"} {
		t.Run(version, func(t *testing.T) {
			w := New(t, "memory-eater", WorkspaceOptions{Bazel: FromNpm(t, version)})
			crashed := w.Build(t, tooLittle, "//...")
			if !crashed.Crashed() {
				t.Fatalf("exit code %d:\n%s", crashed.ExitCode, crashed.Console)
			}
			if dumps := w.HeapDumps(t); len(dumps) == 0 {
				t.Error("the crash left no heap dump")
			}
		})
	}
}
