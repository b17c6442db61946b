// SPDX-License-Identifier: Apache-2.0

package console

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"example.invalid/starlark-memls/internal/bazel/javastack"
)

// TestCut cuts small shapes after every byte. Whatever was whole before the
// cut is read as in the whole text.
func TestCut(t *testing.T) {
	t.Parallel()
	for _, path := range shapes(t) {
		_, text := parseShape(t, path)
		if len(text) > 4096 {
			continue
		}
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			t.Parallel()
			whole := mustRead(t, text)
			for n := range text {
				cut := mustRead(t, text[:n])
				checkCut(t, n, whole, cut)
				if t.Failed() {
					return
				}
			}
		})
	}
}

// checkCut compares what a cut text gave with what the whole one gives: no
// more crashes, each with frames that are a part of the whole's.
func checkCut(t *testing.T, n int, whole, cut *Log) {
	t.Helper()
	if len(cut.Crashes) > len(whole.Crashes) || len(cut.Instantiations) > len(whole.Instantiations) {
		t.Errorf("cut at %d: more facts than in the whole text: %+v", n, cut)
		return
	}
	for i, c := range cut.Crashes {
		w := whole.Crashes[i]
		if c.Line != w.Line {
			t.Errorf("cut at %d: crash on line %d, want %d", n, c.Line, w.Line)
		}
		if !within(c.Starlark, w.Starlark) {
			t.Errorf("cut at %d: Starlark frames %+v are not of %+v", n, c.Starlark, w.Starlark)
		}
	}
	for i := range len(cut.Instantiations) - 1 {
		if !slices.Equal(cut.Instantiations[i].Instantiated, whole.Instantiations[i].Instantiated) {
			t.Errorf("cut at %d: instantiation %d changed", n, i)
		}
	}
}

// within reports whether every frame of part is one of all, in their order.
func within(part, all []StarlarkFrame) bool {
	for _, f := range part {
		i := slices.Index(all, f)
		if i < 0 {
			return false
		}
		all = all[i+1:]
	}
	return true
}

// A crash is known from its first line on, and said to be cut.
func TestCutKeepsTheCrash(t *testing.T) {
	t.Parallel()
	_, text := parseShape(t, "testdata/6-heap-dump-sentence.txtar")
	at := bytes.Index(text, []byte("Printing stack trace:\n"))
	frame := bytes.Index(text, []byte("\tat <starlark>.traverse_impl"))
	for n := at + len("Printing stack trace:\n"); n < len(text); n++ {
		log := mustRead(t, text[:n])
		if len(log.Crashes) != 1 || log.Crashes[0].HeapDump == "" {
			t.Fatalf("cut at %d: %+v", n, log.Crashes)
		}
		if n > frame+80 && log.Crashes[0].Target != "//cpu:lock_19" {
			t.Fatalf("cut at %d: target %q", n, log.Crashes[0].Target)
		}
		if n == frame+10 && log.Truncated == "" {
			t.Fatal("a cut frame is not reported")
		}
	}
}

func TestReadError(t *testing.T) {
	t.Parallel()
	broken := errors.New("disk gone")
	text := "FATAL: bazel ran out of memory and crashed. Printing stack trace:\njava.lang.OutOfMemoryError: Java heap space\n"
	log, err := Read(context.Background(), io.MultiReader(strings.NewReader(text), iotest.ErrReader(broken)))
	if !errors.Is(err, broken) {
		t.Errorf("error %v, want %v", err, broken)
	}
	if len(log.Crashes) != 1 || log.Crashes[0].Cause != JavaHeapSpace {
		t.Errorf("facts before the error are lost: %+v", log)
	}
}

func TestReadCancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	log, err := Read(ctx, strings.NewReader("Loading: \n"))
	if !errors.Is(err, context.Canceled) || log == nil {
		t.Errorf("Read = %v, %v", log, err)
	}
}

// noise is size bytes of pattern over and over, without being held in memory.
type noise struct {
	pattern []byte
	size    int
	at      int
}

func (n *noise) Read(p []byte) (int, error) {
	if n.size == 0 {
		return 0, io.EOF
	}
	p = p[:min(len(p), n.size)]
	for c := 0; c < len(p); {
		k := copy(p[c:], n.pattern[n.at:])
		c, n.at = c+k, (n.at+k)%len(n.pattern)
	}
	n.size -= len(p)
	return len(p), nil
}

// Noise of any kind is read in bounded memory: lines without an end, blocks
// that never close, facts without number.
func TestBoundedMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: megabytes of each kind of rubbish")
	}
	const size, limit = 8 << 20, 64 << 20
	for name, pattern := range map[string]string{
		"zeros":       "\x00",
		"one line":    "x",
		"escapes":     "\x1b[",
		"returns":     "ab\r",
		"frames":      "\tat a.b.C.d(E.java:1)\n",
		"broken":      "FATAL: bazel ran out of memory and crashed. Printing stack trace:\njava.lang.OutOfMemoryError: x\n\tat a.b.c\nx",
		"crashes":     "Loading: \nFATAL: bazel ran out of memory and crashed. Printing stack trace:\njava.lang.OutOfMemoryError: x\n",
		"tracebacks":  "ERROR: Traceback (most recent call last):\n\tFile \"/a/BUILD\", line 1, column 2, in f\nError: x\n",
		"heap notes":  "Memory use after full GC: 1\n",
		"causes":      "Caused by: a.b.C: x\n",
		"last things": "Server terminated abruptly (x)\n",
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			log, err := Read(context.Background(), &noise{pattern: []byte(pattern), size: size})
			if err != nil {
				t.Fatal(err)
			}
			runtime.GC()
			runtime.ReadMemStats(&after)
			if held := int64(after.HeapAlloc) - int64(before.HeapAlloc); held > limit {
				t.Errorf("holds %d bytes after %d bytes of noise", held, size)
			}
			runtime.KeepAlive(log)
			if len(log.Crashes) > maxCrashes {
				t.Errorf("%d crashes", len(log.Crashes))
			}
			if (name == "crashes" || name == "one line") && log.Truncated == "" {
				t.Error("what a bound left out is not said")
			}
		})
	}
}

func FuzzRead(f *testing.F) {
	for _, path := range shapes(f) {
		_, text := parseShape(f, path)
		if len(text) < 20000 {
			f.Add(text)
		}
	}
	f.Add(toUTF16([]byte("FATAL: bazel crashed due to an internal error. Printing stack trace:\n"), binary.LittleEndian, true))
	f.Fuzz(func(t *testing.T, text []byte) {
		log, err := Read(context.Background(), bytes.NewReader(text))
		if err != nil || log == nil {
			t.Fatalf("Read = %v, %v", log, err)
		}
		for _, c := range log.Crashes {
			if c.Line < 1 || c.Line > log.Lines || c.Cause == "" {
				t.Errorf("crash on line %d of %d, cause %q", c.Line, log.Lines, c.Cause)
			}
			_, _ = javastack.Statement(c.Java), javastack.Phase(c.Java)
		}
		// The size of what is read from does not matter.
		again, err := Read(context.Background(), iotest.OneByteReader(bytes.NewReader(text)))
		if err != nil || len(again.Crashes) != len(log.Crashes) || again.Lines != log.Lines {
			t.Errorf("by single bytes: %+v, %v, want %+v", again, err, log)
		}
	})
}

// A crash behind a line of progress without end is found, on its line.
func TestCrashAfterLongLine(t *testing.T) {
	t.Parallel()
	long := &noise{pattern: []byte("Loading: 3 packages loaded\r\x1b[K"), size: 3*maxLine + 5}
	crash := strings.NewReader("\rFATAL: bazel ran out of memory and crashed. Printing stack trace:\njava.lang.OutOfMemoryError: Java heap space\n")
	log, err := Read(context.Background(), io.MultiReader(strings.NewReader("first\n"), long, crash))
	if err != nil || len(log.Crashes) != 1 || log.Crashes[0].Line != 2 || log.Lines != 3 || log.Truncated != "" {
		t.Errorf("log %+v, %v", log, err)
	}
}

// A line without end costs its length, not its length times what is kept of
// it, which was thirty times as much. The measure is as much text in lines,
// each of which is looked at: it takes fifteen times as long as one line
// should, and a third of what it took then. Neither a slow machine nor
// (since the best of three counts) a busy one changes that.
func TestLongLineIsSearchedOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: three times 16 MiB, timed")
	}
	const size = 16 << 20
	one, many := time.Duration(math.MaxInt64), time.Duration(math.MaxInt64)
	for range 3 {
		one = min(one, timeToRead(t, strings.Repeat("x", 64), size))
		many = min(many, timeToRead(t, strings.Repeat("x", 63)+"\n", size))
	}
	if one > many {
		t.Errorf("one line of %d bytes took %v, and %v in lines of 64", size, one, many)
	}
}

func timeToRead(t *testing.T, pattern string, size int) time.Duration {
	t.Helper()
	start := time.Now()
	if _, err := Read(context.Background(), &noise{pattern: []byte(pattern), size: size}); err != nil {
		t.Fatal(err)
	}
	return time.Since(start)
}

func BenchmarkNoise(b *testing.B) {
	const size = 32 << 20
	b.SetBytes(size)
	for b.Loop() {
		text := &noise{pattern: []byte("[1,234 / 5,678] Compiling some/file.cc; 3s linux-sandbox\nINFO: From Compiling a.cc:\n\tat once\n"), size: size}
		if _, err := Read(context.Background(), text); err != nil {
			b.Fatal(err)
		}
	}
}
