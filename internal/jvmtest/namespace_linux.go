package jvmtest

import (
	"os/exec"
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
