//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"example.invalid/starlark-memls/internal/accuracy/generate"
)

const (
	timeLimit = 4 * time.Minute
	// hangGrace is how long a server whose heap is exhausted may take to end,
	// idleGrace how long it may do nothing about it.
	hangGrace = 15 * time.Second
	idleGrace = 3 * time.Second
	// idleShare is the part of a processor below which it does nothing.
	idleShare = 0.04
)

// A builder runs one Bazel, in one folder, over and over.
type builder struct {
	bazel, root, workspace, outputBase string
}

// built is one build.
type built struct {
	code       int // -1: ended by us
	start, end time.Time
	console    []byte
	command    []string
	hung       bool
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

func (b *builder) profile() string { return filepath.Join(b.root, "profile.gz") }

// build runs one cold build and ends its server.
func (b *builder) build(ctx context.Context, j job) (*built, error) {
	b.endServer()
	// Of the server's folder too: a client that finds the traces of a dead
	// server first waits for it.
	for _, stale := range []string{"action_cache", "command.log", "external", "server"} {
		if err := os.RemoveAll(filepath.Join(b.outputBase, stale)); err != nil {
			return nil, err
		}
	}
	b.dropDumps()
	_ = os.Remove(b.profile())
	ctx, cancel := context.WithTimeout(ctx, timeLimit)
	defer cancel()
	dump := "-"
	if j.dumps != "" {
		dump = "+"
	}
	args := []string{
		"--output_user_root=" + filepath.Join(b.root, "output"), "--output_base=" + b.outputBase,
		"--host_jvm_args=-Xmx" + j.limit, "--host_jvm_args=-XX:" + dump + "HeapDumpOnOutOfMemoryError",
		// Seconds count where hundreds are built on a busy machine: no second
		// compiler, and one collecting thread, for those wait for each other.
		"--host_jvm_args=-XX:TieredStopAtLevel=1", "--host_jvm_args=-XX:ParallelGCThreads=1",
	}
	args = append(args, b.command(j.scenario)...)
	cmd := exec.CommandContext(ctx, b.bazel, args...)
	cmd.Dir = b.workspace
	cmd.Env = []string{"HOME=" + filepath.Join(b.root, "home"), "USER=builder", "LOGNAME=builder", "LANG=C.UTF-8", "PATH=/usr/local/bin:/usr/bin:/bin"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.WaitDelay = 10 * time.Second
	var console bytes.Buffer
	cmd.Stdout, cmd.Stderr = &console, &console
	watching, stop := context.WithCancel(ctx)
	hung := make(chan bool, 1)
	go func() { hung <- b.watch(watching) }()
	made := &built{start: time.Now().UTC(), command: append([]string{"bazel"}, args...), code: -1}
	err := cmd.Run()
	made.end = time.Now().UTC()
	stop()
	made.hung, made.console = <-hung, console.Bytes()
	b.endServer()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		made.code = exit.ExitCode()
	case err != nil && ctx.Err() == nil:
		return nil, err
	case err == nil:
		made.code = 0
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		return nil, ctx.Err()
	}
	return made, nil
}

// command is the scenario's, with what every build is told beside.
func (b *builder) command(s *generate.Scenario) []string {
	var args []string
	for _, flag := range s.JVM {
		args = append(args, "--host_jvm_args="+flag)
	}
	command := s.Command
	if command == nil {
		command = []string{"build", "--keep_going", "//..."}
	}
	args = append(args, command[0], "--experimental_generate_json_trace_profile", "--profile="+b.profile(), "--noslim_profile", "--color=no", "--curses=no")
	if command[0] != "query" {
		args = append(args, "--symlink_prefix=/")
	}
	if s.Field() { // a server's volume of events: 4.2.3 writes in pieces of 256 KiB
		args = append(args, "--experimental_profile_additional_tasks=skyfunction")
	}
	return append(args, command[1:]...)
}

// watch ends a server that has lost its heap and hangs, as 4.2.3 does when
// every thread failed to allocate.
func (b *builder) watch(ctx context.Context) (ended bool) {
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	var since, busy time.Time // exhausted; last seen at work
	var used time.Duration
	for {
		select {
		case <-ctx.Done():
			return ended
		case now := <-tick.C:
			if !b.exhausted() {
				continue
			}
			if since.IsZero() {
				since, busy, used = now, now, b.processorTime()
			}
			if total := b.processorTime(); float64(total-used) > idleShare*float64(now.Sub(busy)) {
				busy, used = now, total
			}
			if (now.Sub(since) > hangGrace || now.Sub(busy) > idleGrace) && !ended {
				ended = true
				b.endServer()
			}
		}
	}
}

// exhausted reports whether the last server said that its heap was.
func (b *builder) exhausted() bool {
	text, err := os.ReadFile(filepath.Join(b.outputBase, "server", "jvm.out"))
	return err == nil && bytes.Contains(text, []byte("OutOfMemoryError"))
}

// server is the process id of our server, 0 if there is none. A process counts
// only if its command line names our output base.
func (b *builder) server() int {
	text, err := os.ReadFile(filepath.Join(b.outputBase, "server", "server.pid.txt"))
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(string(bytes.TrimSpace(text)))
	if err != nil {
		return 0
	}
	line, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "cmdline"))
	if err != nil || !bytes.Contains(line, []byte("--output_base="+b.outputBase+"\x00")) {
		return 0
	}
	return pid
}

// processorTime is what our server has used so far, 0 if there is none.
func (b *builder) processorTime() time.Duration {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(b.server()), "stat"))
	if err != nil {
		return 0
	}
	// proc(5): after the name in parentheses, utime and stime are the 12th
	// and 13th field, in hundredths of a second.
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	if len(fields) < 13 {
		return 0
	}
	user, err1 := strconv.Atoi(string(fields[11]))
	system, err2 := strconv.Atoi(string(fields[12]))
	if err1 != nil || err2 != nil {
		return 0
	}
	return time.Duration(user+system) * 10 * time.Millisecond
}

// endServer ends our server at once: nothing of it is needed any more.
func (b *builder) endServer() {
	pid := b.server()
	if pid == 0 {
		return
	}
	_ = syscall.Kill(pid, syscall.SIGKILL)
	for range 200 {
		if b.server() == 0 {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func (b *builder) dropDumps() {
	dumps, _ := filepath.Glob(filepath.Join(b.outputBase, "*.hprof"))
	for _, dump := range dumps {
		_ = os.Remove(dump)
	}
}
