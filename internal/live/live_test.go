// SPDX-License-Identifier: Apache-2.0

//go:build linux

package live

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.invalid/starlark-memls/internal/bazel/server"
	"example.invalid/starlark-memls/internal/hprof"
	"example.invalid/starlark-memls/internal/jvmtest"
	"example.invalid/starlark-memls/internal/process"
)

// asker makes this test's binary a process that asks a server again and again,
// to be killed at any moment.
const asker = "LIVE_TEST_ASKER"

func TestMain(m *testing.M) {
	if base := os.Getenv(asker); base != "" {
		askForever(base)
		return
	}
	jvmtest.Main(m)
}

func askForever(base string) {
	for i := 0; ; i++ {
		s, err := server.Find(base)
		if err != nil {
			os.Exit(1)
		}
		os.Stdout.WriteString("asking\n")
		_, _ = Dump(context.Background(), s, DumpOptions{Dir: os.Getenv(asker + "_DIR"), NoPipe: i%2 == 1}, drain)
	}
}

func drain(_ context.Context, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(io.Discard, f)
	return err
}

// running is a JVM that is taken for the server of an output base, with so many
// MiB in its heap.
func running(t testing.TB, jvm jvmtest.JVM, mib int, flags ...string) (*jvmtest.Program, *server.Server) {
	t.Helper()
	dir := t.TempDir()
	p := jvm.Start(t, append([]string{"-Xmx160m"}, flags...), "--output_base="+dir)
	info, err := process.Read(p.PID)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "server"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"server.pid.txt": strconv.Itoa(p.PID), "server.starttime": info.Start} {
		if err := os.WriteFile(filepath.Join(dir, "server", name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s, err := server.Find(dir)
	if err != nil {
		t.Fatal(err)
	}
	p.Tell(t, "hold "+strconv.Itoa(mib))
	return p, s
}

// empty checks that nothing was left in a folder, nor under our names in /tmp.
func empty(t *testing.T, dir string) {
	t.Helper()
	left, _ := os.ReadDir(dir)
	for _, e := range left {
		t.Errorf("%s is left in %s", e.Name(), dir)
	}
}

// heldBytes sums up the dump's byte arrays of a quarter MiB, those that the
// program was told to hold.
func heldBytes(ctx context.Context, t *testing.T, path string) int64 {
	d, err := hprof.Open(ctx, path, hprof.OpenOptions{TempDir: t.TempDir()})
	if err != nil {
		if ctx.Err() == nil { // else the JVM could not open the pipe
			t.Error(err)
		}
		return 0
	}
	defer d.Close()
	if d.Damage() != "" {
		t.Errorf("the dump is damaged: %s", d.Damage())
	}
	for _, l := range d.Histogram() {
		if l.Class == "byte[]" {
			return l.Bytes
		}
	}
	return 0
}

func TestDump(t *testing.T) {
	t.Parallel()
	jvmtest.Each(t, func(t *testing.T, jvm jvmtest.JVM) {
		p, s := running(t, jvm, 64)
		for _, noPipe := range []bool{false, true} {
			dir := filepath.Join(t.TempDir(), "private")
			var held int64
			way, err := Dump(context.Background(), s, DumpOptions{Dir: dir, NoPipe: noPipe}, func(ctx context.Context, path string) error {
				held = heldBytes(ctx, t, path)
				return nil
			})
			want := ByPipe
			if noPipe || jvm.Major >= 25 && way == ByFile { // 25 does not always take the pipe; the file is right then
				want = ByFile
			}
			if err != nil || way != want {
				t.Fatalf("by %s (want %s): %v", way, want, err)
			}
			if held < 64<<20 || held > 72<<20 {
				t.Errorf("by %s: %d bytes in arrays, want 64 MiB and little more", way, held)
			}
			empty(t, dir)
		}
		p.Alive(t)
	})
}

func TestKeep(t *testing.T) {
	t.Parallel()
	p, s := running(t, jvmtest.All(t)[0], 32)
	dir := t.TempDir()
	for _, name := range []string{"x.hprof", "x.hprof.gz"} {
		path := filepath.Join(dir, name)
		if err := Keep(context.Background(), s, DumpOptions{}, path); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%v, %v: it is open to others", info.Mode(), err)
		}
		if held := heldBytes(context.Background(), t, path); held < 32<<20 {
			t.Errorf("%s holds %d bytes", name, held)
		}
		if err := Keep(context.Background(), s, DumpOptions{}, path); err == nil || !strings.Contains(err.Error(), "is there already") {
			t.Errorf("written over: %v", err)
		}
	}
	p.Alive(t)
}

// TestReaderGivesUp: the server goes on when nobody reads any more.
func TestReaderGivesUp(t *testing.T) {
	t.Parallel()
	p, s := running(t, jvmtest.All(t)[0], 64)
	enough := errors.New("enough")
	_, err := Dump(context.Background(), s, DumpOptions{Dir: t.TempDir()}, func(_ context.Context, path string) error {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		_, _ = io.ReadFull(f, make([]byte, 4096))
		return enough
	})
	if !errors.Is(err, enough) {
		t.Errorf("%v, want the reader's own error", err)
	}
	p.Alive(t)
}

func TestCancelled(t *testing.T) {
	t.Parallel()
	p, s := running(t, jvmtest.All(t)[0], 64)
	ctx, cancel := context.WithCancel(context.Background())
	_, err := Dump(ctx, s, DumpOptions{Dir: t.TempDir()}, func(ctx context.Context, path string) error {
		cancel()
		return ctx.Err()
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want cancelled", err)
	}
	p.Alive(t)
}

// TestDiesDuringTheDump: the reader is not left waiting, and the error says
// whose fault it was.
func TestDiesDuringTheDump(t *testing.T) {
	t.Parallel()
	p, s := running(t, jvmtest.All(t)[0], 96)
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := Dump(context.Background(), s, DumpOptions{Dir: dir}, func(_ context.Context, path string) error {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		_, _ = io.ReadFull(f, make([]byte, 4096))
		p.Kill()
		if _, err := io.Copy(io.Discard, f); err != nil {
			return err
		}
		return errors.New("the dump is cut")
	})
	if !errors.Is(err, ErrEnded) || strings.Contains(err.Error(), "\n") {
		t.Errorf("%v, want that it ended", err)
	}
	empty(t, dir)
}

func TestTwoAskers(t *testing.T) {
	t.Parallel()
	p, s := running(t, jvmtest.All(t)[0], 16)
	_, err := Dump(context.Background(), s, DumpOptions{Dir: t.TempDir()}, func(ctx context.Context, path string) error {
		if _, err := Dump(ctx, s, DumpOptions{Dir: t.TempDir()}, drain); !errors.Is(err, ErrBusy) {
			t.Errorf("the second one: %v, want that it is busy", err)
		}
		return drain(ctx, path)
	})
	if err != nil {
		t.Error(err)
	}
	p.Alive(t)
}

func TestFolderOpenToOthers(t *testing.T) {
	t.Parallel()
	p, s := running(t, jvmtest.All(t)[0], 8)
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := Dump(context.Background(), s, DumpOptions{Dir: dir, NoPipe: true}, drain); err == nil || !strings.Contains(err.Error(), "open to others") {
		t.Errorf("%v, want that others can look in", err)
	}
	empty(t, dir)
	p.Alive(t)
}

// TestNoRoom: a file system that is full is told before the server is stopped.
func TestNoRoom(t *testing.T) {
	t.Parallel()
	p, s := running(t, jvmtest.All(t)[0], 64)
	if os.Geteuid() != 0 {
		t.Skip("only root mounts a small file system")
	}
	dir := filepath.Join(t.TempDir(), "small")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=1m,mode=700", "none", dir).CombinedOutput(); err != nil {
		t.Skipf("no file system can be mounted here: %s", out)
	}
	t.Cleanup(func() { _ = exec.Command("umount", dir).Run() })
	if _, err := Dump(context.Background(), s, DumpOptions{Dir: dir, NoPipe: true}, drain); !errors.Is(err, ErrDiskFull) || strings.Contains(err.Error(), "\n") {
		t.Errorf("%v, want that the disk is full", err)
	}
	empty(t, dir)
	p.Alive(t)
}

// TestArm: a server that was started without the flag dies, and leaves its
// dump, gzip'd.
func TestArm(t *testing.T) {
	t.Parallel()
	jvmtest.Each(t, func(t *testing.T, jvm jvmtest.JVM) {
		p, s := running(t, jvm, 8, "-XX:-HeapDumpOnOutOfMemoryError")
		dir := t.TempDir()
		if IsArmed(t.Context(), dir, s) {
			t.Error("it is armed before it was")
		}
		armed, err := Arm(context.Background(), s, dir)
		if !IsArmed(t.Context(), dir, s) || IsArmed(t.Context(), dir, &server.Server{OutputBase: s.OutputBase, PID: s.PID + 1}) {
			t.Error("it is not noted that this server, and no later one, is armed")
		}
		if err != nil || !armed.Gzip || armed.Folder != s.OutputBase {
			t.Fatalf("%+v, %v", armed, err)
		}
		p.Send(t, "die")
		p.End(t, 2*time.Minute)
		dump := filepath.Join(s.OutputBase, "java_pid"+strconv.Itoa(p.PID)+".hprof.gz")
		if held := heldBytes(context.Background(), t, dump); held < 100<<20 {
			t.Errorf("the dump holds %d bytes, want most of 160 MiB", held)
		}
	})
}

func TestDisarm(t *testing.T) {
	t.Parallel()
	p, s := running(t, jvmtest.All(t)[0], 8, "-XX:HeapDumpPath=/srv/build/none")
	ctx := context.Background()
	dir := t.TempDir()
	if _, err := Arm(ctx, s, dir); err != nil {
		t.Fatal(err)
	}
	for range 2 { // what is not armed can be disarmed
		if err := Disarm(ctx, s, dir); err != nil {
			t.Fatal(err)
		}
	}
	if IsArmed(ctx, dir, s) {
		t.Error("it is still noted as armed")
	}
	flags, err := s.Process().Jcmd(ctx, "VM.flags -all")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"bool HeapDumpOnOutOfMemoryError = false", "ccstr HeapDumpPath = /srv/build/none", "intx HeapDumpGzipLevel = 0"} {
		if !strings.Contains(strings.Join(strings.Fields(flags), " "), want) {
			t.Errorf("not %s", want)
		}
	}
	p.Alive(t)
}

// TestKilledWhileAsking kills a process that asks at many moments: the server
// lives, and no dump is left.
func TestKilledWhileAsking(t *testing.T) {
	t.Parallel()
	kills := 50
	if testing.Short() {
		kills = 5
	}
	p, s := running(t, jvmtest.All(t)[0], 48)
	dir := filepath.Join(t.TempDir(), "private")
	for i := range kills {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), asker+"="+s.OutputBase, asker+"_DIR="+dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(out, make([]byte, len("asking\n"))); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(i) * 7 * time.Millisecond) // another moment each time
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		p.Tell(t, "gc") // a safepoint: nobody waits for a dead reader
	}
	var held int64
	if _, err := Dump(context.Background(), s, DumpOptions{Dir: dir}, func(ctx context.Context, path string) error {
		held = heldBytes(ctx, t, path)
		return nil
	}); err != nil {
		t.Errorf("asked after all that: %v", err)
	}
	if held < 48<<20 {
		t.Errorf("the dump holds %d bytes", held)
	}
	empty(t, dir)
	left, _ := filepath.Glob(filepath.Join(p.Dir, ".attach_pid*"))
	more, _ := filepath.Glob("/tmp/.attach_pid" + strconv.Itoa(p.PID))
	if len(left)+len(more) > 1 {
		t.Errorf("requests are left: %v %v", left, more)
	}
	p.Alive(t)
}

// TestSweep: what a killed process left under a name goes the next time, and
// what another one is just writing stays.
func TestSweep(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	old, young, other := filepath.Join(dir, dumpPrefix+"1-1.hprof"), filepath.Join(dir, dumpPrefix+"2-2.hprof"), filepath.Join(dir, "notes")
	for _, path := range []string{old, young, other} {
		if err := os.WriteFile(path, bytes.Repeat([]byte("x"), 10), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	past := time.Now().Add(-time.Hour)
	for _, path := range []string{old, other} {
		if err := os.Chtimes(path, past, past); err != nil {
			t.Fatal(err)
		}
	}
	sweep(dir)
	for path, want := range map[string]bool{old: false, young: true, other: true} {
		if _, err := os.Stat(path); (err == nil) != want {
			t.Errorf("%s: %v", path, err)
		}
	}
}
