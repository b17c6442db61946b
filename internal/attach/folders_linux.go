// SPDX-License-Identifier: Apache-2.0

package attach

import (
	"path/filepath"

	"example.invalid/starlark-memls/internal/process"
)

// tmp is the process's temporary folder: the JVM takes /tmp whatever TMPDIR
// says, and may see another /tmp than we do.
func (t *target) tmp() string { return filepath.Join(process.Dir(t.info.PID), "root", "tmp") }

func (t *target) requestDirs() []string {
	return []string{filepath.Join(process.Dir(t.info.PID), "cwd"), t.tmp()}
}
