// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestHeapSign reads what the JVM under Bazel 4.2.3 prints when its heap ends.
func TestHeapSign(t *testing.T) {
	t.Parallel()
	const exhausted = "java.lang.OutOfMemoryError: Java heap space\n"
	const dumping = exhausted + "Dumping heap to /ob/java_pid18580.hprof ...\n"
	const dumped = dumping + "Heap dump file created [9251065 bytes in 0.036 secs]\n"
	tests := map[string]struct {
		text                       string
		exhausted, dumping, dumped bool
	}{
		"nothing":     {"OpenJDK 64-Bit Server VM warning: Options -Xverify:none were deprecated\n", false, false, false},
		"exhausted":   {"Exception in thread \"x\" " + exhausted, true, false, false},
		"in the dump": {dumping, true, true, false},
		"after it":    {dumped + "\nException: java.lang.OutOfMemoryError thrown from the UncaughtExceptionHandler in thread \"main\"\n", true, false, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			path := filepath.Join(dir, "server", "jvm.out")
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(tt.text), 0o644); err != nil {
				t.Fatal(err)
			}
			got := heapSign(dir)
			if got.exhausted != tt.exhausted || got.dumping != tt.dumping || got.dumped != tt.dumped {
				t.Errorf("%+v", got)
			}
			if err := coldStart(t.Context(), dir); err != nil {
				t.Fatal(err)
			}
			if got := heapSign(dir); got != (sign{}) {
				t.Errorf("words of a server before this one count: %+v", got)
			}
		})
	}
}

func TestHangs(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "server", "jvm.out")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	b := Bazel{OutputBase: dir}
	in := func(d time.Duration) time.Time { return time.Now().Add(d) }
	write("java.lang.OutOfMemoryError: Java heap space\nDumping heap to x\nHeap dump file created [1 bytes in 1 secs]\n")
	for _, tt := range []struct {
		name  string
		now   time.Duration
		heard time.Duration
		want  bool
	}{
		{"just now", time.Second, 0, false},
		{"after half a minute of silence", 31 * time.Second, 0, true},
		{"it still speaks", 31 * time.Second, 30 * time.Second, false},
	} {
		if got := b.hangs(in(tt.now), in(tt.heard)); got != tt.want {
			t.Errorf("%s: hangs %t, want %t", tt.name, got, tt.want)
		}
	}
	write("java.lang.OutOfMemoryError: Java heap space\nDumping heap to x\n")
	if b.hangs(in(time.Hour), in(0)) {
		t.Error("a dump under way is taken for a hang")
	}
	write("java.lang.OutOfMemoryError: Java heap space\n")
	if b.hangs(in(time.Minute), in(0)) || !b.hangs(in(2*time.Minute), in(0)) {
		t.Error("without a dump, a minute and a half of silence makes a hang")
	}
	write("")
	if b.hangs(in(time.Hour), in(0)) {
		t.Error("silence alone is taken for a hang")
	}
}

func TestStartupFailure(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"INFO: Build completed successfully\n": "",
		"\nServer crashed during startup. Now printing /ob/server/jvm.out\nOpenJDK 64-Bit Server VM warning: Options -Xverify:none and -noverify were deprecated in JDK 13.\nError occurred during initialization of VM\nToo small maximum heap\n": "Too small maximum heap",
		"Server crashed during startup. Now printing /ob/server/jvm.out\n\nException: java.lang.OutOfMemoryError thrown from the UncaughtExceptionHandler in thread \"main\"\n":                                                                    `java.lang.OutOfMemoryError thrown from the UncaughtExceptionHandler in thread "main"`,
		"Server crashed during startup. Now printing /ob/server/jvm.out\n": "it crashed during startup",
	} {
		path := filepath.Join(t.TempDir(), "console")
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if got := startupFailure(path); got != want {
			t.Errorf("%q: %q, want %q", strings.TrimSpace(text), got, want)
		}
	}
}

func FuzzParseFlags(f *testing.F) {
	f.Add([]byte("ChgKB3Byb2ZpbGUiBWJ1aWxkIgR0ZXN0"))
	f.Add([]byte(""))
	f.Fuzz(func(t *testing.T, text []byte) {
		flags, err := parseFlags(text)
		if err == nil && len(flags) == 0 {
			t.Error("no flag and no error")
		}
	})
}
