// SPDX-License-Identifier: Apache-2.0

//go:build unix

package measure

import (
	"errors"
	"os/exec"
	"syscall"
)

// ownGroup puts a program into a process group of its own, so that a Ctrl-C
// on the terminal reaches it through us alone and it can be ended as a whole.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// askToStop asks a program to stop as Ctrl-C does; Bazel's client passes it on
// to its server.
func askToStop(cmd *exec.Cmd) { _ = cmd.Process.Signal(syscall.SIGINT) }

// killGroup ends a program of ours and its children.
func killGroup(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }

// killTree ends a Bazel server and what it runs: the server leads a session
// and process group of its own (src/main/cpp/blaze_util_posix.cc, Daemonize).
func killTree(pid int) error {
	group, err := syscall.Getpgid(pid)
	if err == nil && group == pid {
		pid = -pid
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		return err
	}
	return nil
}
