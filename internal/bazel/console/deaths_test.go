// SPDX-License-Identifier: Apache-2.0

package console

import (
	"strings"
	"testing"
)

// TestWhatOthersSayOfADeath: shells, scripts, containers and the JVM, where
// Bazel itself could say nothing, or less.
func TestWhatOthersSayOfADeath(t *testing.T) {
	t.Parallel()
	const under = "Analyzing: target //a:b (3 packages loaded)\n"
	const failed = "ERROR: /w/a/BUILD:3:5: Generating a/b failed: (Exit 1): gen failed: error executing command\n"
	const gone = "Server terminated abruptly (error code: 14, error message: 'Socket closed', log file: '/o/server/jvm.out')\n"
	const refused = "OpenJDK 64-Bit Server VM warning: INFO: os::commit_memory(0x6c0000000, 536870912, 0) failed; error='Not enough space' (errno=12)\n"
	for _, c := range []struct {
		what, text string
		cause      Cause  // "": no crash
		dump       string // the heap dump's path
		foreign    string
	}{
		{"Docker's step", under + "The command '/bin/sh -c bazel build //...' returned a non-zero code: 137\n", ServerDied, "", ""},
		{"Python's subprocess", under + `subprocess.CalledProcessError: Command '["bazel", "build", "//..."]' died with <Signals.SIGKILL: 9>.` + "\n", ServerDied, "", ""},
		{"Python's subprocess, terminated", under + `subprocess.CalledProcessError: Command '['bazelisk', 'test']' died with <Signals.SIGTERM: 15>.` + "\n", "", "", ""},
		{"Go's exec", under + "exec: bazel build //...: signal: killed\n", ServerDied, "", ""},
		{"make's recipe", under + "make: *** [Makefile:12: build] Killed\n", ServerDied, "", ""},
		{"make in an action", under + failed + "make: *** [all] Killed\n", "", "", "a program that make ran"},
		{"the JVM is refused memory", under + refused + gone, MachineMemory, "", ""},
		{"and went on", under + refused + "INFO: Build completed successfully, 3 total actions\n", "", "", ""},
		{"long before it went", under + refused + strings.Repeat("x\n", 2*lastWords) + gone, ServerDied, "", ""},
		{"the JVM's dump before Bazel's words", under + "java.lang.OutOfMemoryError: Java heap space\nDumping heap to /o/java_pid7.hprof ...\nHeap dump file created [1 bytes in 0.1 secs]\nFATAL: bazel ran out of memory and crashed. Printing stack trace:\njava.lang.OutOfMemoryError: Java heap space\n", JavaHeapSpace, "/o/java_pid7.hprof", "a Java program"},
		{"a length with numbers", under + "FATAL: bazel ran out of memory and crashed. Printing stack trace:\njava.lang.OutOfMemoryError: Required array length 2147483639 + 9 is too large\n", ArraySize, "", ""},
		{"Python", under + failed + "Traceback (most recent call last):\n  File \"gen.py\", line 3, in <module>\n    x = [0] * n\nMemoryError\n", "", "", "a Python program"},
		{"a compiler's error", under + failed + "error: java.lang.OutOfMemoryError: GC overhead limit exceeded\n", "", "", "a Java program"},
	} {
		log := mustRead(t, []byte(c.text))
		var cause Cause
		dump, foreign := "", ""
		if len(log.Crashes) > 0 {
			cause, dump = log.Crashes[0].Cause, log.Crashes[0].HeapDump
		}
		if len(log.Foreign) > 0 {
			foreign = log.Foreign[0].Who
		}
		if cause != c.cause || dump != c.dump || foreign != c.foreign || len(log.Crashes) > 1 {
			t.Errorf("%s: %q, dump %q, other program %q, %d crashes; want %q, %q, %q", c.what, cause, dump, foreign, len(log.Crashes), c.cause, c.dump, c.foreign)
		}
	}
}

// TestSecondsSince1970: stamps that ts, compose and the journal write.
func TestSecondsSince1970(t *testing.T) {
	t.Parallel()
	const death = "FATAL: bazel ran out of memory and crashed. Printing stack trace:\njava.lang.OutOfMemoryError: Java heap space\n"
	for _, line := range []func(text string) string{
		func(text string) string { return "1772446500.25 " + text },
		func(text string) string { return "[1772446500.25] " + text },
		func(text string) string {
			return `{"__REALTIME_TIMESTAMP":"1772446500250000","MESSAGE":` + jsonString(text) + `}`
		},
	} {
		var text strings.Builder
		for l := range strings.Lines("Loading:\n" + death) {
			text.WriteString(line(strings.TrimSuffix(l, "\n")) + "\n")
		}
		log := mustRead(t, []byte(text.String()))
		if len(log.Crashes) != 1 {
			t.Errorf("%d crashes in\n%s", len(log.Crashes), text.String())
			continue
		}
		if at, ok := StampTime(log.Crashes[0].Time); !ok || at.Format("2006-01-02T15:04:05.00") != "2026-03-02T10:15:00.25" {
			t.Errorf("%v (%v) of\n%s", at, ok, text.String())
		}
	}
}
