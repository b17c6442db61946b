// SPDX-License-Identifier: Apache-2.0

//go:build unix

package watch

import (
	"os/exec"
	"syscall"
)

// exitCode is what a shell would tell of a command that has ended.
func exitCode(cmd *exec.Cmd) int {
	if cmd.ProcessState == nil {
		return -1
	}
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return cmd.ProcessState.ExitCode()
}
