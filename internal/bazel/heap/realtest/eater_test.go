// SPDX-License-Identifier: Apache-2.0

//go:build e2e || slow

package realtest

import (
	"io/fs"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"example.invalid/starlark-memls/internal/bazeltest"
)

// TestTheEatersShare weighs the culprit of examples/memory-eater. The strings
// that it builds it also writes to files, so that how long they are is known
// without the dump; the aspect that hands them on must be found to hold them,
// and little else.
func TestTheEatersShare(t *testing.T) {
	t.Parallel()
	w := bazeltest.New(t, "memory-eater", bazeltest.WorkspaceOptions{NoLinks: true})
	if r := w.Build(t, "900m", "//..."); r.ExitCode != bazeltest.ExitOK {
		t.Fatalf("exit code %d:\n%s", r.ExitCode, r.Console)
	}
	var characters, strings int64
	err := filepath.WalkDir(filepath.Join(w.OutputBase, "execroot"), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() || filepath.Ext(path) != ".traversed" {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		characters, strings = characters+info.Size(), strings+1
		return nil
	})
	if err != nil || strings < 40 {
		t.Fatalf("%d files of %d bytes: %v", strings, characters, err)
	}

	dump := filepath.Join(w.OutputBase, "live.hprof")
	if out, err := exec.Command("jcmd", strconv.Itoa(w.ServerPID()), "GC.heap_dump", dump).CombinedOutput(); err != nil {
		t.Fatalf("jcmd: %v (a JDK must be on PATH for this test)\n%s", err, out)
	}
	w.Shutdown(t)
	h := open(t, dump)
	a := analyze(t, h)
	for _, r := range a.Owners.View("implementation").Rows {
		if r.Kind != "aspect" || r.Function == nil || r.Function.Name != "traverse_impl" {
			continue
		}
		// A string is its characters, a byte each, and two objects' headers.
		known := characters + strings*(24+16)
		t.Logf("%d strings of together %d bytes; the aspect holds %d", strings, known, r.RetainedBytes)
		if d := float64(r.RetainedBytes-known) / float64(known); d < -0.05 || d > 0.05 {
			t.Errorf("the aspect is found to hold %d bytes, its strings weigh %d: %+.1f %%", r.RetainedBytes, known, 100*d)
		}
		return
	}
	t.Errorf("no such aspect: %+v", a.Owners.View("implementation").Rows)
}
