// SPDX-License-Identifier: Apache-2.0

//go:build linux

package attach

import (
	"bufio"
	"context"
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.invalid/starlark-memls/internal/jvmtest"
)

// standIn makes this test's binary a process that counts the signals it gets.
const standIn = "ATTACH_TEST_STAND_IN"

func TestMain(m *testing.M) {
	if os.Getenv(standIn) != "" {
		countSignals()
		return
	}
	jvmtest.Main(m)
}

func countSignals() {
	got := make(chan os.Signal, 100)
	signal.Notify(got)
	os.Stdout.WriteString("ready\n")
	bufio.NewReader(os.Stdin).ReadString('\n')
	n := 0
	for {
		select {
		case s := <-got:
			if s != syscall.SIGURG { // the Go runtime's own
				n++
			}
		default:
			os.Stdout.WriteString(strconv.Itoa(n) + "\n")
			return
		}
	}
}

// startStandIn starts one; signals ends it and tells how many it got.
func startStandIn(t *testing.T) (pid int, signals func() int) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), standIn+"=1")
	cmd.Dir = t.TempDir()
	in, _ := cmd.StdinPipe()
	pipe, _ := cmd.StdoutPipe()
	out := bufio.NewReader(pipe)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	if line, err := out.ReadString('\n'); err != nil || line != "ready\n" {
		t.Fatalf("%q, %v", line, err)
	}
	return cmd.Process.Pid, func() int {
		_, _ = in.Write([]byte("\n"))
		line, err := out.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		n, _ := strconv.Atoi(strings.TrimSpace(line))
		return n
	}
}

func verified() error { return nil }

func noRequestLeft(t *testing.T, pid int, dirs ...string) {
	t.Helper()
	for _, dir := range append(dirs, "/tmp") {
		if _, err := os.Lstat(filepath.Join(dir, ".attach_pid"+strconv.Itoa(pid))); err == nil {
			t.Errorf("%s: the request is still there", dir)
		}
	}
}

func TestJcmd(t *testing.T) {
	t.Parallel()
	jvmtest.Each(t, func(t *testing.T, jvm jvmtest.JVM) {
		p := jvm.Start(t, []string{"-Xmx96m"})
		ask := Process{PID: p.PID, Verify: verified}
		ctx := context.Background()
		version, err := ask.Jcmd(ctx, "VM.version")
		if err != nil || !strings.Contains(version, "JDK "+strconv.Itoa(jvm.Major)) {
			t.Errorf("VM.version: %q, %v", version, err)
		}
		histogram, err := ask.Do(ctx, "inspectheap", "-live")
		if err != nil || !strings.Contains(histogram, "java.lang.String") {
			t.Errorf("inspectheap: %.100q, %v", histogram, err)
		}
		var refused *RefusedError
		if _, err := ask.Do(ctx, "nosuch"); !errors.As(err, &refused) || strings.Contains(err.Error(), "\n") {
			t.Errorf("an unknown command: %v", err)
		}
		p.Alive(t)
		noRequestLeft(t, p.PID, p.Dir)
	})
}

func TestNeverSignalsTheUnverified(t *testing.T) {
	t.Parallel()
	changed := errors.New("another one by now")
	for name, verify := range map[string]func() error{
		"never verified": nil,
		"refused":        func() error { return changed },
	} {
		pid, signals := startStandIn(t)
		_, err := Process{PID: pid, Verify: verify}.Jcmd(context.Background(), "VM.flags")
		if err == nil || verify != nil && !errors.Is(err, changed) {
			t.Errorf("%s: %v", name, err)
		}
		if n := signals(); n != 0 {
			t.Errorf("%s: it got %d signals", name, n)
		}
		noRequestLeft(t, pid)
	}
}

// TestSparesWhoWouldDie: SIGQUIT ends a program that does not handle it.
func TestSparesWhoWouldDie(t *testing.T) {
	t.Parallel()
	cmd := exec.Command("sleep", "60")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	if _, err := (Process{PID: cmd.Process.Pid, Verify: verified}).Jcmd(context.Background(), "VM.flags"); !errors.Is(err, ErrNotJVM) {
		t.Errorf("%v, want that it is no JVM", err)
	}
	if err := cmd.Process.Signal(syscall.Signal(0)); err != nil {
		t.Errorf("it has ended: %v", err)
	}
}

func TestSilence(t *testing.T) {
	t.Parallel()
	pid, signals := startStandIn(t)
	_, err := Process{PID: pid, Verify: verified, Patience: 100 * time.Millisecond}.Jcmd(context.Background(), "VM.flags")
	if !errors.Is(err, ErrSilent) {
		t.Errorf("%v, want that it is silent", err)
	}
	if n := signals(); n != 1 {
		t.Errorf("it got %d signals, want 1", n)
	}
	noRequestLeft(t, pid)
}

func TestAttachSwitchedOff(t *testing.T) {
	t.Parallel()
	p := jvmtest.All(t)[0].Start(t, []string{"-XX:+DisableAttachMechanism", "-Xmx64m"})
	if _, err := (Process{PID: p.PID, Verify: verified}).Jcmd(context.Background(), "VM.flags"); !errors.Is(err, ErrOff) {
		t.Errorf("%v, want that it was switched off", err)
	}
	p.Alive(t)
	noRequestLeft(t, p.PID, p.Dir)
}

// TestReadOnlyTmp: a JVM that cannot open its door is told apart from one that is
// slow, and is not signalled.
func TestReadOnlyTmp(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root makes a mount namespace here")
	}
	p, err := jvmtest.All(t)[0].StartReadOnly(t, []string{"-Xmx64m"})
	if err != nil {
		t.Skip(err)
	}
	_, err = Process{PID: p.PID, Verify: verified}.Jcmd(context.Background(), "VM.flags")
	if !errors.Is(err, ErrReadOnly) || strings.Contains(err.Error(), "\n") {
		t.Errorf("%v, want that its /tmp is read-only", err)
	}
	p.Alive(t)
	noRequestLeft(t, p.PID, p.Dir)
}

// TestReducedSignals: a JVM that handles no SIGQUIT opens its door by itself,
// and is asked without one.
func TestReducedSignals(t *testing.T) {
	t.Parallel()
	p := jvmtest.All(t)[0].Start(t, []string{"-Xrs", "-Xmx64m"})
	if _, err := (Process{PID: p.PID, Verify: verified}).Jcmd(context.Background(), "VM.flags"); err != nil {
		t.Error(err)
	}
	p.Alive(t)
}

// TestStopped: a JVM that cannot answer is not waited for longer than said,
// and goes on when it can.
func TestStopped(t *testing.T) {
	t.Parallel()
	p := jvmtest.All(t)[0].Start(t, []string{"-Xmx64m"})
	_ = syscall.Kill(p.PID, syscall.SIGSTOP)
	_, err := Process{PID: p.PID, Verify: verified, Patience: 100 * time.Millisecond}.Jcmd(context.Background(), "VM.flags")
	_ = syscall.Kill(p.PID, syscall.SIGCONT)
	if !errors.Is(err, ErrSilent) {
		t.Errorf("%v, want that it is silent", err)
	}
	p.Alive(t)
	noRequestLeft(t, p.PID, p.Dir)
}

func TestCancel(t *testing.T) {
	t.Parallel()
	p := jvmtest.All(t)[0].Start(t, []string{"-Xmx64m"})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := (Process{PID: p.PID, Verify: verified}).Jcmd(ctx, "VM.flags"); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want cancelled", err)
	}
	p.Alive(t)
}

func TestGone(t *testing.T) {
	t.Parallel()
	p := jvmtest.All(t)[0].Start(t, []string{"-Xmx64m", "-XX:-UsePerfData"})
	p.Kill()
	for _, pid := range []int{p.PID, 0, 1, -5} {
		if _, err := (Process{PID: pid, Verify: verified}).Jcmd(context.Background(), "VM.flags"); err == nil {
			t.Errorf("process %d answers", pid)
		}
	}
}

func TestAnswer(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"0\nhello\nworld\n": "hello\nworld\n",
		"0\n":               "",
		"0":                 "",
	} {
		if got, err := answer(strings.NewReader(in), "x"); err != nil || got != want {
			t.Errorf("%q: %q, %v, want %q", in, got, err, want)
		}
	}
	for _, in := range []string{"", "\n", "no number\n", "1\nno such thing\n\n", "100\n"} {
		if got, err := answer(strings.NewReader(in), "x"); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %q, %v, want an error of one line", in, got, err)
		}
	}
}

func TestEncode(t *testing.T) {
	t.Parallel()
	got, err := encode("jcmd", []string{"VM.flags"})
	if err != nil || string(got) != "1\x00jcmd\x00VM.flags\x00\x00\x00" {
		t.Errorf("%q, %v", got, err)
	}
	for _, bad := range [][]string{{"a\x00b"}, {strings.Repeat("x", 1025)}, {"1", "2", "3", "4"}} {
		if got, err := encode("jcmd", bad); err == nil {
			t.Errorf("%q became %q", bad, got)
		}
	}
}

func FuzzAnswer(f *testing.F) {
	f.Add("0\nx")
	f.Add("1\nno")
	f.Fuzz(func(t *testing.T, in string) {
		if _, err := answer(strings.NewReader(in), "x"); err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("an error of several lines: %q", err)
		}
	})
}
