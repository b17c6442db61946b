// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}

// interrupt cannot be delivered to a process group without a console; the
// server is ended instead, which ends the client.
func askToStop(*exec.Cmd) {}

func killGroup(cmd *exec.Cmd) { _ = killTree(cmd.Process.Pid) }

func killTree(pid int) error {
	return exec.Command("taskkill", "/T", "/F", "/PID", strconv.Itoa(pid)).Run()
}

// ownsOutputBase trusts the pid file of an output base that is marked as
// ours: Windows does not tell another process's arguments cheaply.
func ownsOutputBase(pid int, _ string) bool {
	_, err := os.FindProcess(pid)
	return err == nil
}

// processesOf finds nothing here: what a killed sweep left is the server of
// the pid file, and a client ends with its server.
func processesOf(string) ([]int, error) { return nil, nil }

// dying reports nothing here: outputbase tells whether a process runs.
func dying(int) bool { return false }
