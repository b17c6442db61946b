//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"example.invalid/starlark-memls/internal/accuracy/generate"
	"example.invalid/starlark-memls/internal/bazel/server"
	"example.invalid/starlark-memls/internal/foretell"
)

const (
	timeLimit = 5 * time.Minute
	// hangGrace is how long a server that has said that it is out of memory
	// may take to end: 4.2.3 hangs when every thread failed to allocate.
	hangGrace = 10 * time.Second
)

// A builder runs one Bazel, in one folder, over and over.
type builder struct {
	bazel, root, workspace, outputBase, commit string
}

// write puts a scenario's files in place of the last one's.
func (b *builder) write(s generate.Scenario) error {
	if err := errors.Join(os.RemoveAll(b.workspace), os.MkdirAll(filepath.Join(b.root, "home"), 0o755)); err != nil {
		return err
	}
	for name, text := range s.Files {
		path := filepath.Join(b.workspace, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// build runs one cold build, watches its server, and ends it.
func (b *builder) build(ctx context.Context, s generate.Scenario, limit int) (foretell.Outcome, []byte, error) {
	var o foretell.Outcome
	b.endServer()
	for _, stale := range []string{"action_cache", "command.log", "external", "server"} {
		if err := os.RemoveAll(filepath.Join(b.outputBase, stale)); err != nil {
			return o, nil, err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, timeLimit)
	defer cancel()
	args := []string{
		"--output_user_root=" + filepath.Join(b.root, "output"), "--output_base=" + b.outputBase,
		fmt.Sprintf("--host_jvm_args=-Xmx%dm", limit), "--host_jvm_args=-XX:-HeapDumpOnOutOfMemoryError",
		"--host_jvm_args=-XX:TieredStopAtLevel=1", // seconds count on a busy machine
	}
	for _, flag := range s.JVM {
		args = append(args, "--host_jvm_args="+flag)
	}
	args = append(args, "build", "--keep_going", "--symlink_prefix=/", "--color=no", "--curses=no", "//...")
	cmd := exec.CommandContext(ctx, b.bazel, args...)
	cmd.Dir = b.workspace
	cmd.Env = []string{"HOME=" + filepath.Join(b.root, "home"), "USER=builder", "LOGNAME=builder", "LANG=C.UTF-8", "PATH=/usr/local/bin:/usr/bin:/bin"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.WaitDelay = 10 * time.Second
	var console bytes.Buffer
	cmd.Stdout, cmd.Stderr = &console, &console
	watching, stop := context.WithCancel(ctx)
	defer stop()
	observer := &observer{builder: b, scenario: s}
	done := make(chan struct{})
	go func() { observer.run(watching); close(done) }()
	start := time.Now()
	err := cmd.Run()
	o.Took = time.Since(start)
	stop()
	<-done
	b.endServer()
	o.DiedAt, o.Dump, o.Ran = observer.died, observer.dump, observer.ran
	o.Died = !o.DiedAt.IsZero()
	o.ExitCode = -1
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		o.ExitCode = exit.ExitCode()
	case err == nil:
		o.ExitCode = 0
	}
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return o, nil, ctx.Err()
	case observer.recording.Len() == 0, !o.Died && o.ExitCode != 0:
		return o, nil, fmt.Errorf("%w (exit %d, %v): %.300s", errFailed, o.ExitCode, observer.err, console.Bytes())
	}
	return o, observer.recording.Bytes(), nil
}

// exhausted reports whether the server has said that its heap was.
func (b *builder) exhausted() bool {
	text, err := os.ReadFile(filepath.Join(b.outputBase, "server", "jvm.out"))
	return err == nil && bytes.Contains(text, []byte("OutOfMemoryError"))
}

// endServer ends our server at once: nothing of it is needed any more.
func (b *builder) endServer() {
	s, err := server.Find(b.outputBase)
	if err != nil {
		return
	}
	_ = syscall.Kill(s.PID, syscall.SIGKILL)
	for range 500 {
		if !s.Running() {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	left, _ := filepath.Glob(filepath.Join("/tmp/hsperfdata_*", strconv.Itoa(s.PID)))
	for _, path := range left {
		os.Remove(path)
	}
}

// processorTime is what a process has used so far.
func processorTime(pid int) time.Duration {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return 0
	}
	// proc(5): utime and stime are the 12th and 13th field after the name.
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(string(fields[11]))
	system, _ := strconv.Atoi(string(fields[12]))
	return time.Duration(user+system) * 10 * time.Millisecond
}
