// SPDX-License-Identifier: Apache-2.0

package jvmtest

import (
	"os/exec"
	"slices"
	"syscall"
	"testing"
)

// StartInNamespace is Start in a pid namespace of its own, as in a container;
// it takes root. The program is its first process.
func (j JVM) StartInNamespace(t testing.TB, flags []string, args ...string) (*Program, error) {
	t.Helper()
	cmd := exec.Command(j.Java, command(t, flags, args)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID}
	return start(t, cmd)
}

// StartReadOnly is Start where the program can write nothing to /tmp; it takes
// root, and the right to mount.
func (j JVM) StartReadOnly(t testing.TB, flags []string, args ...string) (*Program, error) {
	t.Helper()
	const script = `mount --bind /tmp /tmp && mount -o remount,ro,bind /tmp && exec "$@"`
	return start(t, exec.Command("unshare", slices.Concat([]string{"-m", "sh", "-c", script, "sh", j.Java}, command(t, flags, args))...))
}
