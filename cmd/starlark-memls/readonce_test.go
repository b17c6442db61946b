// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"example.invalid/starlark-memls/internal/bazel/trace/tracetest"
)

// readBytes is what the operating system says that this process has read.
func readBytes() (int64, error) {
	text, err := os.ReadFile("/proc/self/io")
	if err != nil {
		return 0, err
	}
	m := regexp.MustCompile(`rchar: (\d+)`).FindSubmatch(text)
	if m == nil {
		return 0, fmt.Errorf("no rchar in %q", text)
	}
	return strconv.ParseInt(string(m[1]), 10, 64)
}

// countedVariable has the test's own program run the command line, and tell on
// stderr what it read.
const countedVariable = "MEMLS_TEST_COUNTED"

func counted() {
	before, _ := readBytes()
	run(os.Args[1:], os.Stdin, io.Discard, os.Stderr)
	after, _ := readBytes()
	fmt.Fprintf(os.Stderr, "\nread %d\n", after-before)
}

// TestEachPartIsReadOnce grows each part of a measurement in turn: the bytes
// that a command reads more are the part's, but for 5 % and the 64 KiB of a look
// at its head.
func TestEachPartIsReadOnce(t *testing.T) {
	if _, err := readBytes(); err != nil {
		t.Skipf("this system does not count what a process reads: %v", err)
	}
	t.Parallel()
	const size = 3 << 20
	lines := func(line string) string { return strings.Repeat(line, size/len(line)) }
	profile := func(cut bool) string {
		var text bytes.Buffer
		if _, err := tracetest.Generate(&text, tracetest.Recipe{Events: size / 120, Seed: 5, Cut: cut}); err != nil {
			t.Fatal(err)
		}
		return text.String()
	}
	base := map[string]string{
		"console":    "INFO: Invocation ID: 1\nFATAL: bazel ran out of memory and crashed. Printing stack trace:\njava.lang.OutOfMemoryError: Java heap space\n\tat java.util.Arrays.copyOf(Arrays.java:3536)\n",
		"bep.json":   `{"id":{"started":{}},"children":[],"started":{"uuid":"1","command":"build"}}` + "\n",
		"profile.gz": `{"otherData":{},"traceEvents":[` + "\n" + `{"cat":"gc notification","name":"minor GC","ph":"X","ts":1,"dur":2000,"pid":1,"tid":9}` + "\n]}\n",
	}
	for name, grown := range map[string]struct{ file, text string }{
		"console":               {"console", base["console"] + lines("INFO: From Compiling a/b.cc: a warning that nobody reads, of some length\n")},
		"packed console":        {"console", packed(t, lines("INFO: From Compiling a/b.cc: a warning that nobody reads, of some length\n")+base["console"], false)},
		"build events":          {"bep.json", base["bep.json"] + lines(`{"id":{"progress":{"opaqueCount":3}},"progress":{"stderr":"a line of some length that was printed"}}`+"\n")},
		"profile":               {"profile.gz", profile(false)},
		"packed profile":        {"profile.gz", packed(t, profile(false), false)},
		"profile that is cut":   {"profile.gz", profile(true)},
		"packed profile, cut":   {"profile.gz", packed(t, profile(true), true)},
		"packed and not closed": {"profile.gz", packed(t, profile(false), true)},
	} {
		for _, args := range [][]string{{"report", "--workspace", ""}, {"stats"}, {"plot", "--out", "picture.svg", "--show", "gc-duration"}, {"plot", "--out", "picture.svg"}} {
			t.Run(name+"/"+strings.Join(args, " "), func(t *testing.T) {
				t.Parallel()
				files := map[string]string{}
				for file, text := range base {
					files[file] = text
				}
				small := readBy(t, files, args)
				files[grown.file] = grown.text
				more := readBy(t, files, args) - small
				if bound := int64(1.05*float64(len(grown.text))) + 64<<10; more > bound {
					t.Errorf("reads %d bytes more for %d: %.2f times", more, len(grown.text), float64(more)/float64(len(grown.text)))
				}
			})
		}
	}
}

// packed is text as gzip, whose end may be missing.
func packed(t *testing.T, text string, cut bool) string {
	t.Helper()
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := z.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if cut {
		return b.String()[:b.Len()*9/10]
	}
	return b.String()
}

func readBy(t *testing.T, files map[string]string, args []string) int64 {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	workspace := t.TempDir()
	full := []string{args[0]}
	for _, a := range args[1:] {
		if a == "" {
			a = workspace
		}
		full = append(full, a)
	}
	c := exec.Command(self, append(full, dir)...)
	c.Dir = workspace
	c.Env = append(os.Environ(), countedVariable+"=1", "HOME="+workspace, "XDG_CACHE_HOME="+workspace)
	var stderr bytes.Buffer
	c.Stderr = &stderr
	_ = c.Run() // a plot of an empty profile is refused
	m := regexp.MustCompile(`(?m)^read (\d+)$`).FindSubmatch(stderr.Bytes())
	if m == nil {
		t.Fatalf("%v told nothing: %s", full, stderr.String())
	}
	n, _ := strconv.ParseInt(string(m[1]), 10, 64)
	return n
}
