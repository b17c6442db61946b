// SPDX-License-Identifier: Apache-2.0

//go:build linux

// Package build makes cold builds of generated workspaces, one after the other in
// one folder, with a real Bazel of our own, for whoever records what they leave.
package build

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
)

// A Builder runs one Bazel, in one folder.
type Builder struct{ Bazel, Root, Workspace, OutputBase string }

// New is the builder of a neutral folder.
func New(bazel, root string) *Builder {
	return &Builder{bazel, root, filepath.Join(root, "scenario"), filepath.Join(root, "output_base")}
}

// A BuildResult is one build.
type BuildResult struct {
	Code       int // -1: ended by us
	Start, End time.Time
	Console    []byte
	Command    []string
}

// Write puts a scenario's files in place of the last one's.
func (b *Builder) Write(s generate.Scenario) error {
	if err := errors.Join(os.RemoveAll(b.Workspace), os.MkdirAll(filepath.Join(b.Root, "home"), 0o755)); err != nil {
		return err
	}
	for name, text := range s.Files {
		path := filepath.Join(b.Workspace, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// Run makes one cold build under a memory limit in MiB and ends its server.
// Meanwhile watch looks at it, until its context is done.
func (b *Builder) Run(ctx context.Context, within time.Duration, limit int, jvm, command []string, watch func(context.Context)) (*BuildResult, error) {
	b.EndServer()
	// Of the server's folder too: a client that finds the traces of a dead
	// server first waits for it.
	for _, stale := range []string{"action_cache", "command.log", "external", "server"} {
		if err := os.RemoveAll(filepath.Join(b.OutputBase, stale)); err != nil {
			return nil, err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	args := []string{
		"--output_user_root=" + filepath.Join(b.Root, "output"), "--output_base=" + b.OutputBase, fmt.Sprintf("--host_jvm_args=-Xmx%dm", limit),
		"--host_jvm_args=-XX:TieredStopAtLevel=1", // seconds count where hundreds are built on a busy machine
	}
	for _, flag := range jvm {
		args = append(args, "--host_jvm_args="+flag)
	}
	args = append(args, command...)
	cmd := exec.CommandContext(ctx, b.Bazel, args...)
	cmd.Dir = b.Workspace
	cmd.Env = []string{"HOME=" + filepath.Join(b.Root, "home"), "USER=builder", "LOGNAME=builder", "LANG=C.UTF-8", "PATH=/usr/local/bin:/usr/bin:/bin"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.WaitDelay = 10 * time.Second
	var console bytes.Buffer
	cmd.Stdout, cmd.Stderr = &console, &console
	watching, stop := context.WithCancel(ctx)
	watched := make(chan struct{})
	go func() { defer close(watched); watch(watching) }()
	made := &BuildResult{Code: -1, Start: time.Now().UTC(), Command: append([]string{"bazel"}, args...)}
	err := cmd.Run()
	made.End = time.Now().UTC()
	stop()
	<-watched
	made.Console = console.Bytes()
	b.EndServer()
	var exit *exec.ExitError
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return nil, ctx.Err()
	case errors.As(err, &exit):
		made.Code = exit.ExitCode()
	case err == nil:
		made.Code = 0
	case ctx.Err() == nil:
		return nil, err
	}
	return made, nil
}

// Exhausted reports whether the last server said that its heap was.
func (b *Builder) Exhausted() bool {
	text, err := os.ReadFile(filepath.Join(b.OutputBase, "server", "jvm.out"))
	return err == nil && bytes.Contains(text, []byte("OutOfMemoryError"))
}

// EndServer ends our server at once: nothing of it is needed any more.
func (b *Builder) EndServer() {
	s, err := server.Find(b.OutputBase)
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

// ProcessorTime is what our server has used so far, 0 if there is none.
func (b *Builder) ProcessorTime() time.Duration {
	s, err := server.Find(b.OutputBase)
	if err != nil {
		return 0
	}
	return ProcessorTime(s.PID)
}

// ProcessorTime is what a process has used so far, user and system, 0 if there
// is none.
func ProcessorTime(pid int) time.Duration {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return 0
	}
	// proc(5): after the name in parentheses, utime and stime are the 12th
	// and 13th field, in hundredths of a second.
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(string(fields[11]))
	system, _ := strconv.Atoi(string(fields[12]))
	return time.Duration(user+system) * 10 * time.Millisecond
}
