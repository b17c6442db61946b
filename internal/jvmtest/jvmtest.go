// SPDX-License-Identifier: Apache-2.0

//go:build unix

package jvmtest

import (
	"bufio"
	_ "embed"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"
)

//go:embed testdata/Filler.java
var filler []byte

// A JVM is a java program.
type JVM struct {
	Java  string // its path
	Major int    // 17, 21, 25
}

// All are the JVMs at hand, one of each major version: those of
// $STARLARK_MEMLS_JVMS (folders, as in PATH), of .cache/jvm in this repository
// (scripts/deps jvms), of /usr/lib/jvm, and the one on the PATH. It fails the
// test where there is none. With -short it is one of them.
func All(t testing.TB) []JVM {
	t.Helper()
	var found []JVM
	seen := map[int]bool{}
	for _, java := range candidates() {
		major, ok := majorOf(java)
		if ok && major >= 17 && !seen[major] {
			seen[major] = true
			found = append(found, JVM{java, major})
		}
	}
	if len(found) == 0 {
		t.Fatal("no java of version 17 or later to test with: make deps")
	}
	if testing.Short() {
		return found[:1]
	}
	return found
}

// Each runs a test on each JVM.
func Each(t *testing.T, test func(t *testing.T, jvm JVM)) {
	for _, jvm := range All(t) {
		t.Run("JDK "+strconv.Itoa(jvm.Major), func(t *testing.T) {
			t.Parallel()
			test(t, jvm)
		})
	}
}

func candidates() []string {
	var list []string
	for _, dir := range filepath.SplitList(os.Getenv("STARLARK_MEMLS_JVMS")) {
		list = append(list, filepath.Join(dir, "bin", "java"))
	}
	for _, pattern := range []string{filepath.Join(repository(), ".cache", "jvm", "*", "bin", "java"), "/usr/lib/jvm/*/bin/java"} {
		more, _ := filepath.Glob(pattern)
		list = append(list, more...)
	}
	if java, err := exec.LookPath("java"); err == nil {
		list = append(list, java)
	}
	return list
}

func repository() string {
	dir, _ := os.Getwd()
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
	}
	return ""
}

var releaseVersion = regexp.MustCompile(`(?m)^JAVA_VERSION="(\d+)`)

// majorOf reads the version from the file that every JDK brings.
func majorOf(java string) (int, bool) {
	java, err := filepath.EvalSymlinks(java)
	if err != nil {
		return 0, false
	}
	text, err := os.ReadFile(filepath.Join(filepath.Dir(filepath.Dir(java)), "release"))
	if err != nil {
		return 0, false
	}
	m := releaseVersion.FindSubmatch(text)
	if m == nil {
		return 0, false
	}
	major, err := strconv.Atoi(string(m[1]))
	return major, err == nil
}

// classes is the folder of the compiled program, made once a test binary.
var classes = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "jvmtest")
	if err != nil {
		return "", err
	}
	compiled.Store(&dir)
	source := filepath.Join(dir, "Filler.java")
	if err := os.WriteFile(source, filler, 0o644); err != nil {
		return "", err
	}
	out, err := exec.Command("javac", "--release", "17", "-encoding", "UTF-8", "-d", dir, source).CombinedOutput()
	if err != nil {
		return "", &compileError{out, err}
	}
	return dir, nil
})

type compileError struct {
	out []byte
	err error
}

func (e *compileError) Error() string {
	return "a JDK's javac must be on PATH for this test: " + e.err.Error() + "\n" + string(e.out)
}

// Main runs a package's tests and removes what was compiled for them.
func Main(m *testing.M) {
	code := m.Run()
	Clean()
	os.Exit(code)
}

// A Program is a running JVM that does what it is told.
type Program struct {
	PID    int
	Dir    string // its working folder
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	ended  chan struct{}
	status error
}

// Recorder is the flag by which the JVM's flight recorder keeps its files in a
// folder of the test's; in /tmp they would stay, as a JVM that is killed does not
// remove them.
func Recorder(t testing.TB) string {
	return "-XX:FlightRecorderOptions=repository=" + t.TempDir()
}

// Start starts the program Filler with flags of the JVM. More arguments, for
// those who look at a command line, come behind them.
func (j JVM) Start(t testing.TB, flags []string, args ...string) *Program {
	t.Helper()
	p, err := start(t, exec.Command(j.Java, command(t, flags, args)...))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// command is what java is told.
func command(t testing.TB, flags, args []string) []string {
	t.Helper()
	dir, err := classes()
	if err != nil {
		t.Fatal(err)
	}
	return append(append(slices.Clone(flags), "-cp", dir, "Filler"), args...)
}

func start(t testing.TB, cmd *exec.Cmd) (*Program, error) {
	t.Helper()
	p := &Program{Dir: t.TempDir(), cmd: cmd, ended: make(chan struct{})}
	p.cmd.Dir = p.Dir
	p.in, _ = p.cmd.StdinPipe()
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewReader(out)
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	p.PID = p.cmd.Process.Pid
	t.Cleanup(func() {
		p.in.Close()
		_ = p.cmd.Process.Kill()
		_, _ = io.Copy(io.Discard, out)
		p.wait()
	})
	if line, err := p.out.ReadString('\n'); err != nil || line != "ready\n" {
		return nil, fmt.Errorf("%s said %q (%v)", cmd.Path, line, err)
	}
	return p, nil
}

// Tell tells the program to do something, and waits until it is done. What the
// JVM itself prints meanwhile (its stacks, after a SIGQUIT) is passed over.
func (p *Program) Tell(t testing.TB, line string) {
	t.Helper()
	p.Send(t, line)
	for {
		answer, err := p.out.ReadString('\n')
		if err != nil {
			t.Fatalf("told to %s, the program said %q (%v)", line, answer, err)
		}
		if answer == "done "+line+"\n" {
			return
		}
	}
}

// Send tells the program to do something, and does not wait.
func (p *Program) Send(t testing.TB, line string) {
	t.Helper()
	if _, err := io.WriteString(p.in, line+"\n"); err != nil {
		t.Fatal(err)
	}
}

// Alive reports whether it runs and does what it is told.
func (p *Program) Alive(t testing.TB) {
	t.Helper()
	p.Tell(t, "drop")
}

// Kill ends it with SIGKILL and waits until it is gone.
func (p *Program) Kill() {
	_ = p.cmd.Process.Kill()
	p.wait()
}

// End waits for a program that ends by itself.
func (p *Program) End(t testing.TB, within time.Duration) {
	t.Helper()
	go p.wait()
	select {
	case <-p.ended:
	case <-time.After(within):
		t.Fatalf("the program has not ended after %v", within)
	}
}

var waiting sync.Mutex

func (p *Program) wait() {
	waiting.Lock()
	defer waiting.Unlock()
	select {
	case <-p.ended:
	default:
		p.status = p.cmd.Wait()
		close(p.ended)
	}
}
