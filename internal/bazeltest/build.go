// SPDX-License-Identifier: Apache-2.0

//go:build unix

package bazeltest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// MainWithProgram is TestMain for tests of the whole program: it builds
// starlark-memls once, in a folder that is gone afterwards, writes its path to
// program, runs the tests, and returns the exit status.
func MainWithProgram(m *testing.M, program *string) int {
	dir, err := os.MkdirTemp("", "starlark-memls-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	*program = filepath.Join(dir, "starlark-memls")
	if err := goBuild(*program, "example.invalid/starlark-memls/cmd/starlark-memls"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

func goBuild(path, pkg string) error {
	if out, err := exec.Command("go", "build", "-o", path, pkg).CombinedOutput(); err != nil {
		return fmt.Errorf("building %s: %w\n%s", pkg, err, out)
	}
	return nil
}
