// SPDX-License-Identifier: Apache-2.0

//go:build unix

package bazeltest

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// How long a server may take to end when asked, before it is killed.
const patience = 20 * time.Second

// ServerPID returns the process id of the workspace's server, or 0 if none is
// running. A process counts as the server only if its command line names this
// output base: the number may have been given to a stranger since.
func (w *Workspace) ServerPID() int {
	text, err := os.ReadFile(filepath.Join(w.OutputBase, "server", "server.pid.txt"))
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || !isServer(pid, w.OutputBase) {
		return 0
	}
	return pid
}

func isServer(pid int, outputBase string) bool {
	line, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "cmdline"))
	if err != nil {
		return false
	}
	for _, argument := range bytes.Split(line, []byte{0}) {
		if string(argument) == "--output_base="+outputBase {
			return true
		}
	}
	return false
}

// Shutdown ends the workspace's server: politely, by a signal, and by force if
// that does not help. It returns when the process is gone.
func (w *Workspace) Shutdown(t testing.TB) {
	t.Helper()
	pid := w.ServerPID()
	if pid == 0 {
		return
	}
	_ = syscall.Kill(pid, syscall.SIGTERM)
	if gone(pid, w.OutputBase, patience) {
		return
	}
	_ = syscall.Kill(pid, syscall.SIGKILL)
	if !gone(pid, w.OutputBase, patience) {
		t.Errorf("Bazel's server %d is still running", pid)
	}
}

func gone(pid int, outputBase string, within time.Duration) bool {
	for deadline := time.Now().Add(within); time.Now().Before(deadline); {
		if !isServer(pid, outputBase) {
			return true
		}
		time.Sleep(20 * time.Millisecond)
	}
	return false
}

// A server that has exhausted its heap may hang instead of dying, after its
// heap dump is complete (4.2.3). watch ends it some time after the JVM has
// said so, and reports whether it had to. It returns when ctx is done.
func (w *Workspace) watch(ctx context.Context, grace time.Duration) (ended bool) {
	log := filepath.Join(w.OutputBase, "server", "jvm.out")
	ticker := time.NewTicker(200 * time.Millisecond)
	defer ticker.Stop()
	var dumped time.Time
	for {
		select {
		case <-ctx.Done():
			return ended
		case now := <-ticker.C:
			text, err := os.ReadFile(log)
			switch {
			case err != nil || !bytes.Contains(text, []byte("Heap dump file created")):
				// A new server has begun a new jvm.out: that of a dead one is
				// no sign.
				dumped = time.Time{}
			case dumped.IsZero():
				dumped = now
			case now.Sub(dumped) > grace && !ended:
				if pid := w.ServerPID(); pid != 0 {
					_ = syscall.Kill(pid, syscall.SIGKILL)
					ended = true
				}
			}
		}
	}
}
