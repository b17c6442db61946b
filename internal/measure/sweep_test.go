// SPDX-License-Identifier: Apache-2.0

//go:build linux

package measure

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"example.invalid/starlark-memls/internal/bazeltest"
	"example.invalid/starlark-memls/internal/measurement"
	"example.invalid/starlark-memls/internal/threshold"
)

const mib = 1 << 20

// fakeBazel builds the stand-in once for all tests.
var fakeBazel = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "fakebazel")
	if err != nil {
		return "", err
	}
	return bazeltest.BuildFake(dir)
})

func TestMain(m *testing.M) {
	code := m.Run()
	if os.Getenv("MEASURE_TEST_SWEEP") != "" {
		os.Exit(code) // a process that is there to be killed, and built nothing
	}
	if path, err := fakeBazel(); err == nil {
		os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// behaving is a fake Bazel that behaves as told; see ./fakebazel.
func behaving(t *testing.T, behaviour ...string) string {
	t.Helper()
	fake, err := fakeBazel()
	if err != nil {
		t.Fatal(err)
	}
	return bazeltest.Behaving(t, fake, behaviour...)
}

func newSweep(t *testing.T, bazel string) *Sweep {
	t.Helper()
	dir := t.TempDir()
	workspace := filepath.Join(dir, "workspace")
	if err := os.Mkdir(workspace, 0o755); err != nil {
		t.Fatal(err)
	}
	s := &Sweep{
		BuildOptions: BuildOptions{Args: []string{"//..."}, HeapDumps: measurement.KeepHeapDumps},
		Bazel: Bazel{Path: bazel, Workspace: workspace, OutputBase: filepath.Join(dir, "output_base"),
			hurry: &patience{interrupt: 300 * time.Millisecond, client: time.Second, exhausted: 300 * time.Millisecond,
				undumped: time.Minute, dump: 5 * time.Second, watch: 20 * time.Millisecond}},
		Out:    filepath.Join(dir, "series"),
		Limits: []int64{100 * mib, 150 * mib, 200 * mib},
		Runs:   2,
		Modes:  []measurement.Mode{measurement.Regular},
		Jobs:   1, Shards: 1,
	}
	t.Cleanup(func() { bazeltest.EndLeft(t, s.Bazel.OutputBase) })
	return s
}

func statuses(t *testing.T, dir string) map[string]measurement.Status {
	t.Helper()
	found, _, err := measurement.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]measurement.Status{}
	for _, m := range found {
		if m.Record == nil {
			t.Errorf("%s has no record", m.Path)
			continue
		}
		got[filepath.Base(m.Path)] = m.Record.Status
	}
	return got
}

func TestSweep(t *testing.T) {
	t.Parallel()
	s := newSweep(t, behaving(t, "need=157286400")) // 150m
	var ended []string
	err := s.Run(t.Context(), io.Discard, func(e SweepEvent) {
		if e.Record != nil {
			ended = append(ended, e.Name())
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"100m-1", "150m-1", "200m-1", "100m-2", "150m-2", "200m-2"}
	if !slices.Equal(ended, want) {
		t.Errorf("builds ran in the order %v, want %v", ended, want)
	}
	for name, status := range statuses(t, s.Out) {
		want := measurement.OK
		if strings.HasPrefix(name, "100m") {
			want = measurement.OutOfMemory
		}
		if status != want {
			t.Errorf("%s ended %s, want %s", name, status, want)
		}
	}
	if links, _ := filepath.Glob(filepath.Join(s.Bazel.Workspace, "bazel-*")); len(links) > 0 {
		t.Errorf("the sweep made links in the workspace: %v", links)
	}
	if dumps, _ := filepath.Glob(filepath.Join(s.Out, "100m-1", "*.hprof")); len(dumps) != 1 {
		t.Errorf("the crash's heap dumps are %v, want one", dumps)
	}
}

// TestPlanIsTheSameOnEveryShard: the shards' parts are the whole, each once.
func TestPlanIsTheSameOnEveryShard(t *testing.T) {
	t.Parallel()
	s := newSweep(t, "bazel")
	s.Seed, s.Modes, s.Runs = 7, []measurement.Mode{measurement.Regular, measurement.NoBuild}, 3
	var whole []string
	for _, p := range s.Plan() {
		whole = append(whole, p.Folder)
	}
	if want := 3 * 3 * 2; len(whole) != want {
		t.Fatalf("the plan has %d builds, want %d", len(whole), want)
	}
	var parts []string
	for s.Shards = 4; s.Shard < s.Shards; s.Shard++ {
		for _, p := range s.Plan() {
			parts = append(parts, p.Folder)
		}
	}
	slices.Sort(whole)
	slices.Sort(parts)
	if !slices.Equal(whole, parts) {
		t.Errorf("four shards build\n%v\nthe whole is\n%v", parts, whole)
	}
}

func TestOutcomesAreToldApart(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name      string
		behaviour []string
		timeout   time.Duration
		want      measurement.Status
	}{
		{"passes", nil, 0, measurement.OK},
		{"another failure", []string{"outcome=fail"}, 0, measurement.Failed},
		{"out of memory", []string{"need=999999999999"}, 0, measurement.OutOfMemory},
		{"thrashes", []string{"outcome=thrash"}, 300 * time.Millisecond, measurement.Timeout},
		{"hears no interrupt", []string{"outcome=deaf"}, 300 * time.Millisecond, measurement.Timeout},
		{"hangs after a heap dump", []string{"outcome=hang"}, 0, measurement.OutOfMemory},
		{"server does not start", []string{"outcome=nostart"}, 0, measurement.Failed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newSweep(t, behaving(t, tt.behaviour...))
			s.Limits, s.Runs, s.Timeout = s.Limits[:1], 1, tt.timeout
			if err := s.Run(t.Context(), io.Discard, func(SweepEvent) {}); err != nil {
				t.Fatal(err)
			}
			if got := statuses(t, s.Out)["100m-1"]; got != tt.want {
				t.Errorf("the build ended %q, want %q", got, tt.want)
			}
		})
	}
}

// TestInterruptedSweepGoesOn: an interrupt leaves whole measurements only, no
// process, and nothing to do twice.
func TestInterruptedSweepGoesOn(t *testing.T) {
	t.Parallel()
	bazel := behaving(t, "hold=3")
	s := newSweep(t, bazel)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		defer cancel()
		awaitFile(ctx, filepath.Join(filepath.Dir(bazel), "build-3"))
	}()
	err := s.Run(ctx, io.Discard, func(SweepEvent) {})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("the interrupted sweep ended with %v", err)
	}
	if got := statuses(t, s.Out); len(got) != 2 {
		t.Fatalf("measurements after the interrupt: %v, want two", got)
	}
	if err := os.WriteFile(filepath.Join(filepath.Dir(bazel), "released"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	builds := 0
	if err := s.Run(t.Context(), io.Discard, func(e SweepEvent) {
		if e.Record != nil {
			builds++
		}
	}); err != nil {
		t.Fatal(err)
	}
	if got := statuses(t, s.Out); builds != 4 || len(got) != 6 {
		t.Errorf("the resumed sweep ran %d builds and left %d measurements, want 4 and 6", builds, len(got))
	}
	if left, _ := filepath.Glob(filepath.Join(s.Out, ".*")); len(left) > 0 {
		t.Errorf("left unfinished: %v", left)
	}
}

// awaitFile waits until a file is there, or the context ends.
func awaitFile(ctx context.Context, path string) {
	for ctx.Err() == nil {
		if _, err := os.Stat(path); err == nil {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func TestForeignOutputBaseIsLetAlone(t *testing.T) {
	t.Parallel()
	s := newSweep(t, behaving(t))
	theirs := filepath.Join(s.Bazel.OutputBase, "job1")
	if err := os.MkdirAll(filepath.Join(theirs, "external"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := s.Run(t.Context(), io.Discard, func(SweepEvent) {}); err == nil || !strings.Contains(err.Error(), "not an output base of a sweep") {
		t.Errorf("a sweep on somebody's output base: %v", err)
	}
}

func TestModeThatTheBinaryLacks(t *testing.T) {
	t.Parallel()
	s := newSweep(t, behaving(t))
	s.Modes = []measurement.Mode{measurement.Skymeld}
	started := false
	err := s.Run(t.Context(), io.Discard, func(SweepEvent) { started = true })
	if err == nil || !strings.Contains(err.Error(), "skymeld") || started {
		t.Errorf("skymeld on a binary without it: %v (a build was started: %t)", err, started)
	}
}

func TestTwoSweepsDoNotShareAnOutputBase(t *testing.T) {
	t.Parallel()
	s := newSweep(t, behaving(t))
	s.Runs, s.Limits = 1, s.Limits[:1]
	other := *s
	other.Out += "2"
	var second error
	if err := s.Run(t.Context(), io.Discard, func(e SweepEvent) {
		if e.Record == nil {
			second = other.Run(t.Context(), io.Discard, func(SweepEvent) {})
		}
	}); err != nil {
		t.Fatal(err)
	}
	if !errors.Is(second, ErrLocked) {
		t.Errorf("the second sweep on the same output base ended with %v, want %v", second, ErrLocked)
	}
}

func TestFindLimit(t *testing.T) {
	t.Parallel()
	const need = 300 * mib
	sweep := newSweep(t, behaving(t, fmt.Sprintf("need=%d", need)))
	s := &Search{BuildOptions: sweep.BuildOptions, Bazel: sweep.Bazel, Out: sweep.Out, Mode: measurement.Regular,
		Range: threshold.Range{LowBytes: 64 * mib, HighBytes: 1024 * mib}, StepBytes: mib,
		Precision: 0.03, Budget: 25}
	found, err := s.Run(t.Context(), io.Discard, func(SweepEvent, threshold.Judgement) {})
	if err != nil {
		t.Fatal(err)
	}
	if !found.Reached || found.Half.LowBytes > need || found.Half.HighBytes < need {
		t.Errorf("after %d builds: reached %t, %.0f to %.0f MiB, the need is 300 MiB",
			len(found.Trials), found.Reached, found.Half.LowBytes/mib, found.Half.HighBytes/mib)
	}
	again, err := s.Run(t.Context(), io.Discard, func(SweepEvent, threshold.Judgement) { t.Error("a finished search built again") })
	if err != nil || len(again.Trials) != len(found.Trials) {
		t.Errorf("resumed: %d trials, %v; want the %d of before", len(again.Trials), err, len(found.Trials))
	}
}

func TestFindLimitStopsAtAnotherFailure(t *testing.T) {
	t.Parallel()
	sweep := newSweep(t, behaving(t, "outcome=fail"))
	s := &Search{BuildOptions: sweep.BuildOptions, Bazel: sweep.Bazel, Out: sweep.Out, Mode: measurement.Regular,
		Range: threshold.Range{LowBytes: 64 * mib, HighBytes: 1024 * mib}, Budget: 25, Precision: 0.03}
	_, err := s.Run(t.Context(), io.Discard, func(SweepEvent, threshold.Judgement) {})
	var other *OtherFailureError
	if !errors.As(err, &other) || !strings.Contains(err.Error(), "no such package") {
		t.Errorf("a build that fails anyway: %v", err)
	}
}

// TestHeapDumps: each way to treat them leaves what it says, and nothing in
// the output base.
func TestHeapDumps(t *testing.T) {
	t.Parallel()
	for what, want := range map[measurement.HeapDumps]string{
		measurement.KeepHeapDumps: "*.hprof", measurement.LinkHeapDumps: "*.hprof", measurement.NoHeapDumps: "", measurement.SummariseHeapDumps: "heap.json",
	} {
		t.Run(string(what), func(t *testing.T) {
			t.Parallel()
			s := newSweep(t, behaving(t, "need=999999999999"))
			s.Limits, s.Runs, s.HeapDumps = s.Limits[:1], 1, what
			if err := s.Run(t.Context(), io.Discard, func(SweepEvent) {}); err != nil {
				t.Fatal(err)
			}
			var left []string
			for _, pattern := range []string{"*.hprof", "heap.json"} {
				found, _ := filepath.Glob(filepath.Join(s.Out, "100m-1", pattern))
				if len(found) > 0 {
					left = append(left, pattern)
				}
			}
			if strings.Join(left, " ") != want {
				t.Fatalf("the measurement has %v, want %q", left, want)
			}
			dumps, _ := filepath.Glob(filepath.Join(s.Out, "100m-1", "*.hprof"))
			for _, dump := range dumps {
				info, err := os.Lstat(dump)
				if err != nil || (info.Mode()&os.ModeSymlink != 0) != (what == measurement.LinkHeapDumps) {
					t.Errorf("%s: %v, %v", dump, info.Mode(), err)
				}
				if text, err := os.ReadFile(dump); err != nil || !strings.HasPrefix(string(text), "JAVA PROFILE") {
					t.Errorf("%s: %q, %v", dump, text, err)
				}
			}
			if left, _ := filepath.Glob(filepath.Join(s.Bazel.OutputBase, "job1", "*.hprof")); len(left) > 0 {
				t.Errorf("left in the output base: %v", left)
			}
		})
	}
}

// TestMachineFailures: each is one clear line before any build.
func TestMachineFailures(t *testing.T) {
	t.Parallel()
	file := func(t *testing.T) string {
		path := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	tests := map[string]struct {
		spoil func(t *testing.T, s *Sweep)
		want  string
	}{
		"no Bazel":               {func(t *testing.T, s *Sweep) { s.Bazel.Path = "no-such-bazel" }, "no-such-bazel: no such program; install Bazel or name it with --bazel"},
		"no such workspace":      {func(t *testing.T, s *Sweep) { s.Bazel.Workspace += "/gone" }, "no such file or directory"},
		"a file for a folder":    {func(t *testing.T, s *Sweep) { s.Out = file(t) + "/series" }, "making the sweep's folder: "},
		"unwritable output base": {func(t *testing.T, s *Sweep) { s.Bazel.OutputBase = file(t) + "/base" }, "making the output base for the sweep: "},
		"more than the machine":  {func(t *testing.T, s *Sweep) { s.Limits = []int64{1 << 50} }, "lower --memory or --jobs"},
		"more jobs than cores":   {func(t *testing.T, s *Sweep) { s.Jobs = 1000 }, "lower --jobs"},
		"no limits":              {func(t *testing.T, s *Sweep) { s.Limits = nil }, "no memory limit"},
		"shard out of range":     {func(t *testing.T, s *Sweep) { s.Shard = 3 }, "they count from 0"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSweep(t, behaving(t))
			tt.spoil(t, s)
			err := s.Run(t.Context(), io.Discard, func(SweepEvent) { t.Error("a build was started") })
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("the sweep ends with %v, want one line with %q", err, tt.want)
			}
		})
	}
}

func TestRoomIsChecked(t *testing.T) {
	t.Parallel()
	b := Bazel{OutputBase: t.TempDir()}
	p := Planned{Measured: Measured{LimitBytes: 1 << 50}}
	err := b.checkRoom(BuildOptions{HeapDumps: measurement.KeepHeapDumps}, p, b.OutputBase)
	if err == nil || !strings.Contains(err.Error(), "make room or use --heap-dumps none") {
		t.Errorf("a heap dump of a petabyte: %v", err)
	}
	if err := b.checkRoom(BuildOptions{HeapDumps: measurement.NoHeapDumps}, p, b.OutputBase); err != nil {
		t.Errorf("without heap dumps: %v", err)
	}
}

// TestFullDisk: a console that cannot be written does not end the build, and
// the build is not kept.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	var watched strings.Builder
	r := newRecorder(full, &watched)
	for range 3 {
		if n, err := r.Write([]byte("INFO: x\n")); n != 8 || err != nil {
			t.Errorf("the client is told of %d bytes, %v", n, err)
		}
	}
	if !errors.Is(r.err(), syscall.ENOSPC) || watched.Len() != 24 {
		t.Errorf("the error is %v, watched are %d bytes", r.err(), watched.Len())
	}
}

// TestFullDiskInWords: an error that comes of a full disk or of a quota says
// what to do.
func TestFullDiskInWords(t *testing.T) {
	t.Parallel()
	b := &Bazel{OutputBase: t.TempDir()}
	write := func(why error) error {
		return fmt.Errorf("recording the console: %w", &os.PathError{Op: "write", Path: "console", Err: why})
	}
	for why, want := range map[error]string{
		write(syscall.ENOSPC): "no space left on device; make room and run the same command again",
		write(syscall.EDQUOT): "quota exceeded; make room and run the same command again",
		write(syscall.EACCES): "recording the console: write console: permission denied",
	} {
		if got := b.orFull(why, t.TempDir()); !strings.HasSuffix(got.Error(), want) || !errors.Is(got, why) {
			t.Errorf("%v is told as %v, want %q", why, got, want)
		}
	}
}

// TestOthersMeasurementsAreLetAlone: a folder with measurements in another
// mode or of other targets is refused, one of the origin's is taken as done.
func TestOthersMeasurementsAreLetAlone(t *testing.T) {
	t.Parallel()
	s := newSweep(t, behaving(t))
	s.Runs = 1
	if err := os.MkdirAll(filepath.Join(s.Out, "150m-1"), 0o755); err != nil {
		t.Fatal(err)
	}
	builds := 0
	count := func(e SweepEvent) {
		if e.Record != nil {
			builds++
		}
	}
	if err := s.Run(t.Context(), io.Discard, count); err != nil || builds != 2 {
		t.Fatalf("%d builds beside the origin's, %v; want 2", builds, err)
	}
	other := *s
	other.Modes = []measurement.Mode{measurement.NoBuild}
	if err := other.Run(t.Context(), io.Discard, count); err == nil || !strings.Contains(err.Error(), "was measured in mode regular, not nobuild") {
		t.Errorf("another mode in the same folder: %v", err)
	}
	other = *s
	other.Args = []string{"//other"}
	if err := other.Run(t.Context(), io.Discard, count); err == nil || !strings.Contains(err.Error(), "other targets or flags") {
		t.Errorf("other targets in the same folder: %v", err)
	}
}

// TestFailingAlike: three builds that fail in the same way end the sweep, and
// --retry-failed takes it up once the reason is gone.
func TestFailingAlike(t *testing.T) {
	t.Parallel()
	s := newSweep(t, behaving(t, "outcome=fail"))
	err := s.Run(t.Context(), io.Discard, func(SweepEvent) {})
	var other *OtherFailureError
	if !errors.As(err, &other) || !strings.Contains(err.Error(), "no such package") {
		t.Fatalf("builds that all fail alike: %v", err)
	}
	if got := statuses(t, s.Out); len(got) != failuresAlike {
		t.Errorf("measured before that: %v", got)
	}
	s.Bazel.Path, s.RetryFailed = behaving(t), true
	if err := s.Run(t.Context(), io.Discard, func(SweepEvent) {}); err != nil {
		t.Fatal(err)
	}
	for name, status := range statuses(t, s.Out) {
		if status != measurement.OK {
			t.Errorf("%s is still %s", name, status)
		}
	}
}

// TestServerThatIsAnothersIsLetAlone: the pid file names a process that is
// not a server of this output base.
func TestServerThatIsAnothersIsLetAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	stranger := exec.Command("sleep", "60")
	if err := stranger.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = stranger.Process.Kill()
		_ = stranger.Wait()
	}()
	start := statFields(stranger.Process.Pid)[19]
	for name, text := range map[string]string{"DO_NOT_BUILD_HERE": "/w", "server/server.pid.txt": fmt.Sprint(stranger.Process.Pid), "server/server.starttime": start} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := endProcesses(t.Context(), dir); err == nil || !strings.Contains(err.Error(), "is another program") {
		t.Errorf("ending a stranger: %v", err)
	}
	if !processRuns(stranger.Process.Pid) {
		t.Error("the stranger was ended")
	}
}

// TestLockThatIsGivenBackIsWaitedFor: a sweep that was killed holds its lock a
// moment longer, through a program that it was about to start.
func TestLockThatIsGivenBackIsWaitedFor(t *testing.T) {
	t.Parallel()
	s := newSweep(t, behaving(t))
	s.Bazel.hurry.lock = time.Minute
	held, err := lockOutputBase(s.outputBase(0))
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(50*time.Millisecond, func() { unlock(held) })
	file, err := s.lock(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	unlock(file)
}
