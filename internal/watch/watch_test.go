// SPDX-License-Identifier: Apache-2.0

//go:build linux

package watch

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"example.invalid/starlark-memls/internal/bazel/server"
	"example.invalid/starlark-memls/internal/gauge"
	"example.invalid/starlark-memls/internal/jvmtest"
	"example.invalid/starlark-memls/internal/process"
)

func TestMain(m *testing.M) { jvmtest.Main(m) }

// serve starts a JVM that is taken for the server of an output base.
func serve(t *testing.T, jvm jvmtest.JVM, dir string, flags ...string) *jvmtest.Program {
	t.Helper()
	p := jvm.Start(t, append([]string{"-Xmx64m", "-XX:+UseG1GC"}, flags...), "--output_base="+dir)
	info, err := process.Read(p.PID)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "server"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"server.starttime": info.Start, "server.pid.txt": strconv.Itoa(p.PID)} {
		if err := os.WriteFile(filepath.Join(dir, "server", name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

func at(dir string) func() (string, error) { return func() (string, error) { return dir, nil } }

// TestDies watches servers that run out of memory: seen to die, asked once,
// recorded.
func TestDies(t *testing.T) {
	t.Parallel()
	jvmtest.Each(t, func(t *testing.T, jvm jvmtest.JVM) {
		dir := t.TempDir()
		p := serve(t, jvm, dir)
		var mu sync.Mutex
		var recording bytes.Buffer
		asked := 0
		started := make(chan struct{})
		o := WatchOptions{OutputBase: at(dir), DumpAt: DumpAt{Dying: true},
			Record: func(h gauge.Header) (*gauge.Recorder, error) { return gauge.NewRecorder(&recording, h) },
			Dump: func(context.Context, *server.Server, gauge.Reading) {
				mu.Lock()
				defer mu.Unlock()
				asked++
			},
			Show: func(gauge.Reading) {
				select {
				case <-started:
				default:
					close(started)
				}
			}}
		go func() {
			<-started
			p.Send(t, "die")
		}()
		result, err := Run(t.Context(), o)
		p.End(t, 2*time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		if result.GoneAt.IsZero() || result.PID != p.PID || result.LimitBytes != 64<<20 {
			t.Errorf("result %+v", result)
		}
		if result.DyingAt.IsZero() || asked != 1 {
			t.Errorf("seen to die at %v (%s), asked %d times", result.DyingAt, result.DyingWhy, asked)
		}
		rec, err := gauge.Read(&recording)
		if err != nil || rec.GoneAt.IsZero() || rec.PID != p.PID {
			t.Fatalf("recording %+v, %v", rec, err)
		}
		if again := rec.Replay(gauge.DefaultRules(), nil); again.DyingAt.IsZero() || again.FullCollections != result.FullCollections {
			t.Errorf("read again it is %+v", again)
		}
	})
}

// TestCommand: the exit code is the command's, and a server that comes with it
// is found.
func TestCommand(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for script, want := range map[string]int{"exit 0": 0, "exit 33": 33, "kill -TERM $$": 128 + 15} {
		result, err := Run(t.Context(), WatchOptions{OutputBase: at(dir), Command: exec.Command("sh", "-c", script)})
		if err != nil || result.ExitCode != want || result.PID != 0 {
			t.Errorf("%s: %+v, %v, want %d", script, result, err, want)
		}
	}
	if _, err := Run(t.Context(), WatchOptions{OutputBase: at(dir), Command: exec.Command(filepath.Join(dir, "none"))}); err == nil {
		t.Error("a command that does not exist was run")
	}
	in, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sh", "-c", "read line; exit 7")
	cmd.Stdin = in
	var once sync.Once
	serve(t, jvmtest.All(t)[0], dir)
	result, err := Run(t.Context(), WatchOptions{OutputBase: at(dir), Command: cmd,
		Show: func(gauge.Reading) { once.Do(func() { out.WriteString("seen\n"); out.Close() }) }})
	if err != nil || result.ExitCode != 7 || result.PID == 0 || result.Samples == 0 {
		t.Errorf("%+v, %v", result, err)
	}
}

func TestNoCounters(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	serve(t, jvmtest.All(t)[0], dir, "-XX:-UsePerfData")
	var told []string
	ctx, cancel := context.WithCancel(t.Context())
	_, err := Run(ctx, WatchOptions{OutputBase: at(dir), Notice: func(err error) { told = append(told, err.Error()); cancel() }})
	if err != nil || len(told) != 1 || !strings.Contains(told[0], "UsePerfData") || strings.Contains(told[0], "\n") {
		t.Errorf("told %q, %v", told, err)
	}
}

func TestLastWords(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := serve(t, jvmtest.All(t)[0], dir)
	p.Tell(t, "hold 20")
	p.Tell(t, "gc")
	if words, ok := LastWords(dir); ok {
		t.Errorf("it lives, and its last words are %q", words)
	}
	p.Kill()
	words, ok := LastWords(dir)
	if !ok || !strings.Contains(words, "of 64 MiB") || !strings.Contains(words, "killed from outside") {
		t.Errorf("%q, %v", words, ok)
	}
	left, _ := filepath.Glob("/tmp/hsperfdata_*/" + strconv.Itoa(p.PID))
	for _, path := range left {
		os.Remove(path)
	}
}

func TestDue(t *testing.T) {
	t.Parallel()
	dying := gauge.Reading{State: gauge.Dying, AfterBytes: 50, LimitBytes: 100}
	high := gauge.Reading{State: gauge.NearLimit, AfterBytes: 90, LimitBytes: 100}
	for _, test := range []struct {
		at   DumpAt
		r    gauge.Reading
		want bool
	}{
		{DumpAt{}, dying, false}, {DumpAt{Dying: true}, dying, true}, {DumpAt{Dying: true}, high, false},
		{DumpAt{Share: 0.9}, high, true}, {DumpAt{Share: 0.91}, high, false}, {DumpAt{Share: 0.91}, dying, true},
	} {
		if got := test.at.due(test.r); got != test.want {
			t.Errorf("%+v at %+v: %v", test.at, test.r, got)
		}
	}
}

var sick = gauge.Reading{At: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), State: gauge.Dying, Why: "after 3 full GCs the heap was still 97 % full",
	UsedBytes: 581 << 20, LimitBytes: 600 << 20, AfterBytes: 579 << 20, PauseShare5: 0.83, PauseShare60: 0.4, FullCollections: 12,
	BytesPerSecond: 1 << 20, SecondsToLimit: 21}

// TestWidth: nothing is wider than 80 columns.
func TestWidth(t *testing.T) {
	t.Parallel()
	if line := Line(sick, 10*time.Hour); utf8.RuneCountInString(line) > 80 {
		t.Errorf("%d columns: %s", utf8.RuneCountInString(line), line)
	}
	history := make([]float64, 500)
	for _, columns := range []int{40, 60, 80} {
		for _, r := range []gauge.Reading{sick, {State: gauge.Idle, AfterBytes: -1}} {
			for _, line := range Screen(r, time.Hour, "Bazel server 12345, JDK 17.0.15 (G1)", history, columns, false) {
				if n := utf8.RuneCountInString(line); n > columns {
					t.Errorf("%d of %d columns: %s", n, columns, line)
				}
			}
		}
		var out strings.Builder
		term := NewTerminal(&out, columns, false)
		term.Show(sick)
		term.Say("Bazel will probably run out of memory: " + sick.Why + ", and so on and so forth, a sentence longer than any terminal is wide")
		for line := range strings.Lines(out.String()[strings.LastIndex(out.String(), "\x1b[J")+3:]) {
			if n := utf8.RuneCountInString(strings.TrimSpace(line)); n > columns || n == 0 {
				t.Errorf("%d of %d columns: %q", n, columns, line)
			}
		}
	}
}

// TestDrawnOver: of a display with fewer lines than the last one nothing older is
// left below.
func TestDrawnOver(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	term := NewTerminal(&out, 80, false)
	term.Show(sick)
	well := sick
	well.State, well.Why = gauge.Building, ""
	term.Show(well)
	if !strings.HasSuffix(out.String(), "\n\x1b[J") {
		t.Errorf("it ends with %q", out.String()[len(out.String())-20:])
	}
}

func TestJSONLines(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	j := NewJSON(&out, time.Second)
	j.Show(gauge.Reading{At: sick.At, State: gauge.Building, AfterBytes: -1})
	j.Show(gauge.Reading{At: sick.At.Add(time.Millisecond), State: gauge.Building}) // too soon
	j.Show(sick)
	j.Say("armed")
	j.End(Observed{BuildSummary: gauge.BuildSummary{Samples: 3, PeakAfterBytes: 5, DyingAt: sick.At, GoneAt: sick.At.Add(4 * time.Second)}, ExitCode: 33, PID: 9}, Need{})
	var objects []map[string]any
	for line := range strings.Lines(out.String()) {
		var o map[string]any
		if err := json.Unmarshal([]byte(line), &o); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		objects = append(objects, o)
	}
	if len(objects) != 4 || objects[0]["state"] != "building" || objects[1]["state"] != "dying" || objects[2]["notice"] != "armed" {
		t.Fatalf("%s", out.String())
	}
	if _, ok := objects[0]["after_collection_bytes"]; ok {
		t.Error("what a collection left is told, and there was none")
	}
	last, ok := objects[3]["summary"].(map[string]any)
	if !ok || last["exit_code"] != 33.0 || last["foretold_seconds"] != 4.0 {
		t.Errorf("the last line is %v", objects[3])
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	p := NewText(&out, "> ", 10*time.Second)
	r := gauge.Reading{At: sick.At, State: gauge.Building, LimitBytes: 600 << 20, UsedBytes: 100 << 20, AfterBytes: 90 << 20}
	for range 250 { // 25 s
		r.At = r.At.Add(100 * time.Millisecond)
		p.Show(r)
	}
	if n := strings.Count(out.String(), "\n"); n != 3 {
		t.Errorf("%d lines in 25 s of which each 10th is told:\n%s", n, out.String())
	}
	out.Reset()
	for range 250 {
		r.At, r.State = r.At.Add(100*time.Millisecond), gauge.Idle
		p.Show(r)
	}
	if n := strings.Count(out.String(), "\n"); n != 1 {
		t.Errorf("%d lines in 25 s of an idle server, want the one that says so:\n%s", n, out.String())
	}
	out.Reset()
	dying := sick
	dying.At = r.At.Add(time.Second)
	p.Show(dying)
	if !strings.Contains(out.String(), "> Bazel will probably run out of memory: after 3 full GCs the heap was still 97 % full\n") {
		t.Errorf("it says %q", out.String())
	}
}

func TestSentences(t *testing.T) {
	t.Parallel()
	healthy := gauge.BuildSummary{Samples: 9, Worked: true, Took: 72 * time.Second, LimitBytes: 600 << 20, PeakBytes: 512 << 20, PeakAfterBytes: 400 << 20, Collections: 41, Paused: 4 * time.Second}
	needed, ok := healthy.Needed()
	if !ok || needed.LowBytes >= needed.Bytes || needed.Bytes > needed.HighBytes || needed.HighBytes > healthy.LimitBytes {
		t.Errorf("needed %+v, %v", needed, ok)
	}
	if text := strings.Join(Sentences(Observed{BuildSummary: healthy}, needed), "\n"); !strings.Contains(text, "first guess of the limit that this build needs: 368 MiB (224 MiB to 452 MiB)") || !strings.Contains(text, "1:12") {
		t.Errorf("it says:\n%s", text)
	}
	dead := gauge.BuildSummary{Samples: 9, Worked: true, Took: time.Minute, Collections: 41, FullCollections: 5, DyingAt: sick.At, GoneAt: sick.At.Add(4 * time.Second), DyingWhy: sick.Why}
	text := strings.Join(Sentences(Observed{BuildSummary: dead}, Need{}), "\n")
	for _, want := range []string{"lost to 41 collections, 5 of them full GCs\n", "the warning came 4 s before it died: after 3 full GCs"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing from\n%s", want, text)
		}
	}
	if text := Sentences(Observed{}, Need{}); len(text) != 1 {
		t.Errorf("of nothing: %q", text)
	}
	idle := healthy
	idle.Worked = false
	if _, ok := idle.Needed(); ok {
		t.Error("of a server that was idle all the time it is said what its build needs")
	}
	if _, ok := (gauge.BuildSummary{Worked: true, GoneAt: sick.At, PeakAfterBytes: 5}).Needed(); ok {
		t.Error("a build that died is said to need what it did not have")
	}
}
