// SPDX-License-Identifier: Apache-2.0

//go:build unix

package bazeltest

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// Exit codes of Bazel (ExitCode.java).
const (
	ExitOK            = 0
	ExitOutOfMemory   = 33
	ExitInternalError = 37 // the server died, or crashed while crashing
)

const (
	buildLimit = 5 * time.Minute  // of one command, on a busy machine
	hangGrace  = 30 * time.Second // after a complete heap dump
)

// A CommandResult is what one Bazel command did.
type CommandResult struct {
	// Console is all that the command printed, both streams in one.
	Console string
	// ExitCode is Bazel's; -1 if a signal ended the client.
	ExitCode int
	// Hung: the server had lost its heap and did not end, and was killed.
	Hung bool
	// Elapsed is the time that the command took.
	Elapsed time.Duration
}

// Crashed reports whether Bazel died, rather than failed.
func (r CommandResult) Crashed() bool {
	return r.ExitCode == ExitOutOfMemory || r.ExitCode == ExitInternalError
}

// Build builds targets (and passes on flags) with a heap of at most memory,
// in the notation of -Xmx ("150m"). Any outcome is a result; the test fails
// only where Bazel cannot be run, or does not end within five minutes.
func (w *Workspace) Build(t testing.TB, memory string, arguments ...string) CommandResult {
	t.Helper()
	command := []string{"build"}
	if w.options.NoLinks {
		command = append(command, "--symlink_prefix=/") // understood by every version
	}
	return w.Run(t, memory, append(command, arguments...)...)
}

// Run runs any Bazel command in the workspace, as Build does. A server that
// was started with another limit is replaced, which is Bazel's own doing.
func (w *Workspace) Run(t testing.TB, memory string, arguments ...string) CommandResult {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), buildLimit)
	defer cancel()

	client := exec.CommandContext(ctx, w.bazel, append(w.startupOptions(memory), arguments...)...)
	client.Dir = w.Dir
	client.Env = w.environment()
	client.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	client.WaitDelay = patience // the server inherits nothing, but make sure
	var console bytes.Buffer
	client.Stdout, client.Stderr = &console, &console

	watching, stop := context.WithCancel(ctx)
	hung := make(chan bool, 1)
	go func() { hung <- w.watch(watching, hangGrace) }()

	started := time.Now()
	err := client.Run()
	elapsed := time.Since(started)
	stop()
	result := CommandResult{Hung: <-hung, Elapsed: elapsed}
	result.Console = console.String()

	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		w.Shutdown(t)
		t.Fatalf("bazel %v has not ended after %v; it printed:\n%s", arguments, buildLimit, result.Console)
	case errors.As(err, &exit):
		result.ExitCode = exit.ExitCode()
	case err != nil:
		t.Fatalf("running %s: %v", w.bazel, err)
	}
	return result
}

// HeapDumps are the dumps that the JVM left in the output base, complete or
// not, oldest name first.
func (w *Workspace) HeapDumps(t testing.TB) []string {
	t.Helper()
	dumps, err := filepath.Glob(filepath.Join(w.OutputBase, "*.hprof"))
	if err != nil {
		t.Fatalf("looking for heap dumps: %v", err)
	}
	return dumps
}

func (w *Workspace) startupOptions(memory string) []string {
	options := []string{"--host_jvm_args=-Xmx" + memory}
	if w.options.DefaultOutputBase {
		return options
	}
	return append(options,
		"--output_user_root="+filepath.Join(w.Home, "output_user_root"),
		"--output_base="+w.OutputBase)
}

// environment is a user's of whom nothing is known: no rc file of the real
// one's is read, and none of his variables gets into a build event.
func (w *Workspace) environment() []string {
	return []string{
		"HOME=" + w.Home,
		"USER=" + User,
		"LOGNAME=" + User,
		"LANG=C.UTF-8",
		"PATH=" + os.Getenv("PATH"),
	}
}
