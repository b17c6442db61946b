// SPDX-License-Identifier: Apache-2.0

package live

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// hasProc: a process can be given a descriptor of ours by a path.
const hasProc = true

// fdPath is the path of a descriptor of the process pid (or "self").
func fdPath(pid string, file *os.File) string {
	return fmt.Sprintf("/proc/%s/fd/%d", pid, file.Fd())
}

// widen lets a pipe hold more: fewer switches between the JVM and us.
func widen(pipe *os.File) {
	_, _ = unix.FcntlInt(pipe.Fd(), unix.F_SETPIPE_SZ, 1<<20)
}

// unnamed makes a file that has no name.
func unnamed(dir string) (*os.File, error) {
	return os.OpenFile(dir, os.O_RDWR|unix.O_TMPFILE, 0o600)
}
