// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"os"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"
)

// reapOrphans takes leave of ended processes that have become our children,
// without being started by us. A server is nobody's child but process 1's,
// which is who we are in a container that runs nothing else: every build would
// leave a zombie, for which Bazel's client waits 70 seconds. Orphans are in
// the session of their server; what we have started is in ours, and waited for
// where it was started.
func reapOrphans() {
	if !adopts() {
		return
	}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return
	}
	own, session := strconv.Itoa(os.Getpid()), ""
	if f := statFields(os.Getpid()); len(f) > 3 {
		session = f[3]
	}
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		f := statFields(pid) // state, parent, group, session
		if len(f) > 3 && f[0] == "Z" && f[1] == own && f[3] != session {
			_, _ = unix.Wait4(pid, nil, unix.WNOHANG, nil)
		}
	}
}

// adopts reports whether orphans fall to us.
func adopts() bool {
	var subreaper int32
	err := unix.Prctl(unix.PR_GET_CHILD_SUBREAPER, uintptr(unsafe.Pointer(&subreaper)), 0, 0, 0)
	return os.Getpid() == 1 || err == nil && subreaper != 0
}
