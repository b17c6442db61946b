// SPDX-License-Identifier: Apache-2.0

package watch

import "os/exec"

func exitCode(cmd *exec.Cmd) int {
	if cmd.ProcessState == nil {
		return -1
	}
	return cmd.ProcessState.ExitCode()
}
