// SPDX-License-Identifier: Apache-2.0

//go:build unix

package hostile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode"
)

// What the program may take of one input.
const (
	mostTime   = 5 * time.Second // of a core
	perSecond  = 150 << 20       // of what is unpacked
	mostMemory = 64 << 20        // and three times what the reader states
	mostSignal = 500 * time.Millisecond
	patience   = 2 * time.Minute // for a machine with other work
)

// enough kinds and inputs to say something.
const fewestInputs, fewestKinds = 150, 12

// TestInputs runs the program on each input. It is answered or refused in words,
// within bounds, in text that nothing obeys, and leaves nothing behind.
func TestInputs(t *testing.T) {
	t.Parallel()
	inputs := Inputs()
	kinds := map[string]int{}
	for _, in := range inputs {
		kinds[in.Kind]++
	}
	if len(inputs) < fewestInputs || len(kinds) < fewestKinds {
		t.Fatalf("%d inputs of %d kinds: %v", len(inputs), len(kinds), kinds)
	}
	t.Logf("%d inputs: %v", len(inputs), kinds)
	slices.SortFunc(inputs, func(a, b Input) int { return strings.Compare(a.Kind+a.Name, b.Kind+b.Name) })
	seen := map[string]int{}
	for _, in := range inputs {
		// In short mode the first two of a kind, so that all kinds are tried.
		if seen[in.Kind]++; testing.Short() && (seen[in.Kind] > 2 || in.Unpacked > 64<<20) {
			continue
		}
		t.Run(in.Kind+"/"+in.Name, func(t *testing.T) {
			t.Parallel()
			try(t, in)
		})
	}
}

// A run is what came of one.
type run struct {
	code           int
	stdout, stderr string
	cpu, signal    time.Duration
	memory         int64
	ended          bool
	left           []string // files that it left behind, half written or temporary
}

func try(t *testing.T, in Input) {
	t.Helper()
	for _, fault := range tried(t, program, in, patience).faults(in) {
		t.Error(fault)
	}
}

// tried runs a program on an input in a folder of its own.
func tried(t *testing.T, program string, in Input, patience time.Duration) run {
	t.Helper()
	dir, err := os.MkdirTemp("", "hostile-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { removeAll(dir) })
	dir, err = filepath.EvalSymlinks(dir)
	if err != nil {
		t.Fatal(err)
	}
	at, temporary := filepath.Join(dir, "w"), filepath.Join(dir, "tmp")
	for _, d := range []string{at, temporary, filepath.Join(dir, "home")} {
		if err := os.Mkdir(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := in.Make(at); err != nil {
		t.Fatalf("making it: %v", err)
	}
	// Nothing is on the PATH: doctor asks a Bazel that it finds for its version.
	env := []string{"PATH=" + temporary, "HOME=" + filepath.Join(dir, "home"), "USER=builder", "TMPDIR=" + temporary}
	got := start(t, program, at, env, in, patience)
	if left, _ := os.ReadDir(temporary); len(left) > 0 {
		got.left = append(got.left, fmt.Sprint(left))
	}
	_ = filepath.WalkDir(filepath.Join(dir, "home"), func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasPrefix(d.Name(), ".") {
			got.left = append(got.left, path)
		}
		return nil
	})
	return got
}

// start runs the program to its end, or, where the input makes it wait, to that
// of a signal.
func start(t *testing.T, program, dir string, env []string, in Input, patience time.Duration) (got run) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c := exec.CommandContext(ctx, program, in.Args...)
	c.Dir, c.Env = dir, env
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr = &stdout, &stderr
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	watched := make(chan int64, 1)
	go func() { watched <- peakOf(c.Process.Pid, ended) }()
	var asked time.Time
	if in.Waits {
		time.Sleep(300 * time.Millisecond) // for it to be where it waits; earlier is as good a test
		asked = time.Now()
		_ = c.Process.Signal(syscall.SIGHUP)
	}
	err := c.Wait()
	close(ended)
	if !asked.IsZero() {
		got.signal = time.Since(asked)
	}
	got.ended = ctx.Err() == nil
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	state := c.ProcessState
	got.code, got.cpu, got.memory = state.ExitCode(), state.UserTime()+state.SystemTime(), <-watched
	got.stdout, got.stderr = stdout.String(), stderr.String()
	return got
}

// peakOf is the most memory that a process had, as far as was seen. What wait4
// tells has that of the process that started it.
func peakOf(pid int, ended <-chan struct{}) (peak int64) {
	status := fmt.Sprintf("/proc/%d/status", pid)
	for {
		select {
		case <-ended:
			return peak
		case <-time.After(5 * time.Millisecond):
		}
		text, err := os.ReadFile(status)
		if err != nil {
			continue
		}
		if m := highest.FindSubmatch(text); m != nil && bytes.Contains(text, []byte("starlark-memls")) {
			n, _ := strconv.ParseInt(string(m[1]), 10, 64)
			peak = max(peak, n<<10)
		}
	}
}

var highest = regexp.MustCompile(`VmHWM:\s*([0-9]+) kB`)

// faults are what is wrong with how a program met an input.
func (got run) faults(in Input) (list []string) {
	fault := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	all := got.stdout + got.stderr
	show := fmt.Sprintf("exit %d\n%.2000s\n%.2000s", got.code, got.stdout, got.stderr)
	limit := mostTime + time.Duration(float64(in.Unpacked)/perSecond*float64(time.Second))
	if raceDetector {
		limit *= 20
	}
	switch {
	case !got.ended:
		fault("still running: %s", show)
	case got.cpu > limit:
		fault("%v of a core, at most %v were allowed: %s", got.cpu, limit, show)
	case in.Waits && got.signal > mostSignal && got.cpu > mostSignal:
		fault("ended %v after the signal", got.signal)
	}
	if most := mostMemory + 3*in.Unpacked; got.memory > int64(most) && !raceDetector {
		fault("%d MB of memory, at most %d were allowed: %s", got.memory>>20, most>>20, show)
	}
	if strings.Contains(all, "goroutine ") || strings.Contains(all, "panic:") || strings.Contains(all, "fatal error:") {
		fault("panicked: %s", show)
	}
	if got.code < 0 && !in.Waits || got.code > 2 || in.Refused && got.code == 0 {
		fault("not refused: %s", show)
	}
	if got.code > 0 && strings.TrimSpace(got.stderr) == "" {
		fault("failed without a word: %s", show)
	}
	if i := strings.IndexFunc(all, obeyed); i >= 0 {
		fault("prints %q: %s", all[max(0, i-20):min(len(all), i+20)], show)
	}
	for line := range strings.Lines(all) {
		if strings.HasPrefix(line, "FAKE") || strings.HasPrefix(line, "# Forged") {
			fault("a line of its own out of a name: %q", line)
		}
	}
	markdown := slices.Contains(in.Args, "markdown")
	if markdown && (strings.Contains(outsideCode(all), "<img") || strings.Contains(outsideCode(all), "](command:") && !strings.Contains(outsideCode(all), `\](command:`)) {
		fault("markup in Markdown: %s", show)
	}
	for _, file := range got.left {
		fault("left behind: %s", file)
	}
	return list
}

// obeyed are characters that a terminal does something about.
func obeyed(r rune) bool {
	return r < ' ' && r != '\n' && r != '\t' || 0x7f <= r && r < 0xa0 || unicode.Is(unicode.Bidi_Control, r) || r == 0x2028 || r == 0x2029 || r == 0x200b
}

var code = regexp.MustCompile("(?s)```.*?```|`[^`\n]*`")

func outsideCode(markdown string) string { return code.ReplaceAllString(markdown, "") }

// removeAll removes folders nested deeper than a path may be long, too.
func removeAll(dir string) {
	if os.RemoveAll(dir) != nil {
		_ = exec.Command("rm", "-rf", dir).Run()
	}
}
