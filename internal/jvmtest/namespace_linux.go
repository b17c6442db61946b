// SPDX-License-Identifier: Apache-2.0

package jvmtest

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
)

// StartInContainer is Start in a pid namespace of its own and with a /tmp of its
// own, as in a container, that shares one folder with us, as /tmp/shared; it takes
// root, and the right to mount. The program is its first process.
func (j JVM) StartInContainer(t testing.TB, shared string, flags []string, args ...string) (*Program, error) {
	t.Helper()
	line := append([]string{j.Java}, command(t, flags, args)...)
	dir, err := classes()
	if err != nil {
		t.Fatal(err)
	}
	tmp := t.TempDir() // of the container, with the program in it
	inside, err := filepath.Rel("/tmp", dir)
	if err == nil && filepath.IsLocal(inside) {
		err = os.CopyFS(filepath.Join(tmp, inside), os.DirFS(dir))
	}
	if err := errors.Join(err, os.Mkdir(filepath.Join(tmp, "shared"), 0o700)); err != nil {
		return nil, err
	}
	const script = `mount --make-rprivate / && mount --bind "$0" "$1/shared" && mount --rbind "$1" /tmp && shift && exec "$@"`
	cmd := exec.Command("sh", slices.Concat([]string{"-c", script, shared, tmp}, line)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID | syscall.CLONE_NEWNS}
	return start(t, cmd)
}

// StartReadOnly is Start where the program can write nothing to /tmp; it takes
// root, and the right to mount.
func (j JVM) StartReadOnly(t testing.TB, flags []string, args ...string) (*Program, error) {
	t.Helper()
	const script = `mount --bind /tmp /tmp && mount -o remount,ro,bind /tmp && exec "$@"`
	return start(t, exec.Command("unshare", slices.Concat([]string{"-m", "sh", "-c", script, "sh", j.Java}, command(t, flags, args))...))
}
