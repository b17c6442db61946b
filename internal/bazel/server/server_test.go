// SPDX-License-Identifier: Apache-2.0

//go:build linux

package server

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"example.invalid/starlark-memls/internal/attach"
	"example.invalid/starlark-memls/internal/jvmtest"
	"example.invalid/starlark-memls/internal/process"
)

func TestMain(m *testing.M) { jvmtest.Main(m) }

// outputBase makes one that names a process as its server.
func outputBase(t *testing.T, pid int, start string) string {
	t.Helper()
	dir := t.TempDir()
	name(t, dir, pid, start)
	return dir
}

func name(t *testing.T, dir string, pid int, start string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(dir, "server"), 0o755); err != nil {
		t.Fatal(err)
	}
	for file, text := range map[string]string{"server.pid.txt": strconv.Itoa(pid), "server.starttime": start} {
		if err := os.WriteFile(filepath.Join(dir, "server", file), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func startOf(t *testing.T, pid int) string {
	t.Helper()
	info, err := process.Read(pid)
	if err != nil {
		t.Fatal(err)
	}
	return info.Start
}

// running is a JVM that looks like the server of an output base.
func running(t *testing.T, flags ...string) (*jvmtest.Program, string) {
	t.Helper()
	dir := t.TempDir()
	p := jvmtest.All(t)[0].Start(t, append([]string{"-Xmx64m"}, flags...), "--output_base="+dir)
	name(t, dir, p.PID, startOf(t, p.PID))
	return p, dir
}

func TestFind(t *testing.T) {
	t.Parallel()
	p, dir := running(t)
	s, err := Find(dir)
	if err != nil || s.PID != p.PID || !s.Running() {
		t.Fatalf("found %+v, %v", s, err)
	}
	if text, err := s.Process().Jcmd(context.Background(), "VM.version"); err != nil {
		t.Errorf("asked: %q, %v", text, err)
	}
	f, err := s.Counters()
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	p.Kill()
	if s.Running() {
		t.Error("it is gone and said to run")
	}
	if _, err := Find(dir); !errors.Is(err, ErrNone) {
		t.Errorf("%v, want that none runs", err)
	}
}

// TestImpostors: whoever is not the server is told, and not signalled.
func TestImpostors(t *testing.T) {
	t.Parallel()
	sleeper := exec.Command("sleep", "60")
	if err := sleeper.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sleeper.Process.Kill(); _ = sleeper.Wait() })
	pid := sleeper.Process.Pid
	other, otherBase := running(t)
	for what, test := range map[string]struct {
		base, why string
	}{
		"an id that was given again":     {outputBase(t, pid, "12345"), "started at another time"},
		"another program":                {outputBase(t, pid, startOf(t, pid)), "no --output_base="},
		"the server of another one":      {outputBase(t, other.PID, startOf(t, other.PID)), "no --output_base="},
		"no start time, another program": {outputBase(t, pid, ""), "no --output_base="},
	} {
		_, err := Find(test.base)
		var impostor *ImpostorError
		if !errors.As(err, &impostor) || !strings.Contains(err.Error(), test.why) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := Find(otherBase); err != nil {
		t.Errorf("the right one: %v", err)
	}
	other.Alive(t)
	if _, err := process.Read(pid); err != nil {
		t.Errorf("the bystander: %v", err)
	}
}

func TestAnotherUsers(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root can start a process of another user")
	}
	dir := t.TempDir()
	cmd := exec.Command("setpriv", "--reuid=65534", "--clear-groups", "sh", "-c", "sleep 60; true", "--output_base="+dir)
	if err := cmd.Start(); err != nil {
		t.Skip("no setpriv here")
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	for {
		info, err := process.Read(cmd.Process.Pid)
		if err != nil {
			t.Fatal(err)
		}
		if info.UID == 65534 && len(info.Args) > 0 && info.Args[0] == "sh" {
			break
		}
	}
	name(t, dir, cmd.Process.Pid, startOf(t, cmd.Process.Pid))
	if _, err := Find(dir); err == nil || !strings.Contains(err.Error(), "another user") {
		t.Errorf("%v, want that it is another user's", err)
	}
}

// TestVerifyAgain: what was right when it was found may be wrong when it is
// asked.
func TestVerifyAgain(t *testing.T) {
	t.Parallel()
	p, dir := running(t)
	s, err := Find(dir)
	if err != nil {
		t.Fatal(err)
	}
	second := jvmtest.All(t)[0].Start(t, []string{"-Xmx64m"}, "--output_base="+dir)
	name(t, dir, second.PID, startOf(t, second.PID))
	if _, err := s.Process().Jcmd(context.Background(), "VM.flags"); err == nil || !strings.Contains(err.Error(), "another process by now") {
		t.Errorf("%v, want that it is another one", err)
	}
	p.Alive(t)
	second.Alive(t)
}

// TestContained: a server in a container is found by what it is called inside;
// its counters are read where it sees them, and it is never signalled.
func TestContained(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root makes a container here")
	}
	dir := t.TempDir()
	java := jvmtest.All(t)[0]
	p, err := java.StartInContainer(t, dir, []string{"-Xmx64m"}, "--output_base=/tmp/shared")
	if err != nil {
		t.Skip(err)
	}
	info, err := process.Read(p.PID)
	if err != nil {
		t.Fatal(err)
	}
	if !info.OtherNamespace || info.InnerPID == p.PID {
		t.Fatalf("it is in no other namespace: %+v", info)
	}
	name(t, dir, info.InnerPID, info.Start)
	s, err := Find(dir)
	if err != nil || !s.Contained || s.PID != p.PID {
		t.Fatalf("found %+v, %v", s, err)
	}
	if f, err := s.Counters(); err != nil {
		t.Errorf("its counters: %v", err)
	} else {
		if _, err := f.Read(); err != nil {
			t.Error(err)
		}
		f.Close()
		if left, _ := filepath.Glob("/tmp/hsperfdata_*/" + strconv.Itoa(p.PID)); len(left) > 0 {
			t.Errorf("they lie in our /tmp: %v", left)
		}
	}
	if err := s.Verify(); err == nil || !strings.Contains(err.Error(), "pid namespace") {
		t.Errorf("verified: %v", err)
	}
	for _, ask := range []attach.Process{s.Process(), {PID: p.PID, Verify: func() error { return nil }}} {
		if _, err := ask.Jcmd(context.Background(), "VM.flags"); err == nil {
			t.Error("it was asked")
		}
	}
	p.Alive(t)
}

func TestNothingThere(t *testing.T) {
	t.Parallel()
	if _, err := Find(t.TempDir()); !errors.Is(err, ErrNone) {
		t.Errorf("%v", err)
	}
	for _, text := range []string{"", "0", "-7", "lots", "99999999999999999999"} {
		dir := outputBase(t, 1, "")
		if err := os.WriteFile(filepath.Join(dir, "server", "server.pid.txt"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if s, err := Find(dir); !errors.Is(err, ErrNone) {
			t.Errorf("%q: %+v, %v", text, s, err)
		}
	}
}

func TestBuilding(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := &Server{OutputBase: dir, PID: os.Getpid()}
	log := filepath.Join(dir, "command.log")
	look := func(want bool) {
		t.Helper()
		if got, ok := s.Building(); !ok || got != want {
			t.Errorf("building %v, %v, want %v", got, ok, want)
		}
	}
	look(false)
	file, err := os.Create(log)
	if err != nil {
		t.Fatal(err)
	}
	look(true)
	look(true)
	file.Close()
	look(false)
}
