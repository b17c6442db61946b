// SPDX-License-Identifier: Apache-2.0

//go:build unix

package bench

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"example.invalid/starlark-memls/internal/hprof/hproftest"
)

// BenchmarkHeap reads a heap dump of a real Bazel, of a gigabyte or more, beside
// what a user would otherwise take. Each pair starts with nothing kept of the
// dump but the page cache.
//
//	Read    stacks, locals and class histogram, against `cat DUMP >/dev/null`: at most 4
//	Slurp   the same against hprof-slurp's histogram: at most 1
//	Owners  with dominators and owners, in seconds: at most 30 on 2 cores, in less memory than the dump has bytes
//	Shark   the same against LeakCanary's shark, asked what the Starlark threads retain
func BenchmarkHeap(b *testing.B) {
	dump := realDump(b)
	info, err := os.Stat(dump)
	if err != nil {
		b.Fatal(err)
	}
	program := build(b)
	cache := filepath.Join(b.TempDir(), "cache")
	ours := func(b *testing.B, sections ...string) func() run {
		return func() run {
			if err := os.RemoveAll(cache); err != nil {
				b.Fatal(err)
			}
			args := append([]string{"XDG_CACHE_HOME=" + cache, program, "heap"}, sections...)
			r := measure(b, "env", append(args, dump)...)
			b.ReportMetric(float64(r.rssBytes)/float64(info.Size()), "memory-of-dump")
			return r
		}
	}
	b.Run("Read", func(b *testing.B) {
		compare(b, 7, ours(b, "--threads", "--class-histogram"), func() run { return measure(b, "cat", dump) })
	})
	b.Run("Slurp", func(b *testing.B) {
		slurp := hprofSlurp(b)
		compare(b, 3, ours(b, "--threads", "--class-histogram"), func() run { return measure(b, slurp, dump) })
	})
	b.Run("Owners", func(b *testing.B) {
		compare(b, 3, ours(b, "--owners"), func() run { return measure(b, "cat", dump) })
	})
	b.Run("Shark", func(b *testing.B) {
		shark := sharkCommand(b)
		compare(b, 1, ours(b, "--owners"), func() run {
			return measure(b, shark[0], append(shark[1:], dump, "net.starlark.java.eval.StarlarkThread")...)
		})
	})
}

// build builds the program.
func build(b *testing.B) string {
	b.Helper()
	program := filepath.Join(b.TempDir(), "starlark-memls")
	if out, err := exec.Command("go", "build", "-o", program, "example.invalid/starlark-memls/cmd/starlark-memls").CombinedOutput(); err != nil {
		b.Fatalf("building the program: %v\n%s", err, out)
	}
	return program
}

// BenchmarkOwners finds who holds the memory in heaps of every kind.
//
//	Alone     at most 0.35 of the dump's size in memory, and 10 s a gigabyte
//	Analyzer  beside hprof-analyzer (its report on leaks, dominators and all), in time and memory, both at most 1
//
// The kinds:
//
//	quadratic  each target's list holds the elements of all before: nearly only references
//	small      many small objects, each owned by one target
//	variable   one list of a running function holds nearly all
//	tiny       five million instances of 24 bytes, of Java's own
//	real       the dump of realDump, or $HPROF_DUMP
func BenchmarkOwners(b *testing.B) {
	program := build(b)
	cache := filepath.Join(b.TempDir(), "cache")
	beside := func(b *testing.B, dump string) {
		info, err := os.Stat(dump)
		if err != nil {
			b.Fatal(err)
		}
		ours := func() run {
			if err := os.RemoveAll(cache); err != nil {
				b.Fatal(err)
			}
			return measure(b, "env", "XDG_CACHE_HOME="+cache, program, "heap", dump)
		}
		b.Run("Alone", func(b *testing.B) {
			for b.Loop() {
				r := ours()
				b.ReportMetric(float64(r.rssBytes)/float64(info.Size()), "memory-of-dump")
				b.ReportMetric(r.wall.Seconds()/float64(info.Size())*1e9, "s/GB")
				b.ReportMetric(r.cpu.Seconds()/float64(info.Size())*1e9, "cpu-s/GB")
			}
		})
		b.Run("Analyzer", func(b *testing.B) {
			analyzer := hprofAnalyzer(b)
			var theirMemory int64
			compare(b, 3, func() run {
				r := ours()
				b.ReportMetric(float64(r.rssBytes)/float64(theirMemory), "x-memory")
				return r
			}, func() run {
				r := measure(b, analyzer[0], append(analyzer[1:], dump)...)
				theirMemory = r.rssBytes
				return r
			})
		})
	}
	for _, made := range []struct {
		name string
		heap hproftest.Heap
	}{
		{"quadratic", hproftest.Heap{Targets: 6400, Strings: 19, Inherit: true, Local: 100_000}},
		{"small", hproftest.Heap{Targets: 2000, Strings: 5000, Local: 1_000_000}},
		{"variable", hproftest.Heap{Targets: 100, Strings: 100, Local: 10_000_000}},
	} {
		b.Run(made.name, func(b *testing.B) {
			dump := filepath.Join(b.TempDir(), "made.hprof")
			if err := made.heap.Open().Save(dump); err != nil {
				b.Fatal(err)
			}
			beside(b, dump)
		})
	}
	b.Run("tiny", func(b *testing.B) { beside(b, tinyDump(b)) })
	b.Run("real", func(b *testing.B) { beside(b, realDump(b)) })
}

// tinyDump is a heap of instances of two references and a number.
func tinyDump(b *testing.B) string {
	b.Helper()
	dir := b.TempDir()
	dump := filepath.Join(dir, "tiny.hprof")
	for _, command := range [][]string{
		{"javac", "-encoding", "UTF-8", "-d", dir, "../hprof/testdata/Small.java"},
		{"java", "-XX:+UseSerialGC", "-cp", dir, "Small", "5000000", dump},
	} {
		if out, err := exec.Command(command[0], command[1:]...).CombinedOutput(); err != nil {
			b.Fatalf("%v: %v (a JDK must be on PATH)\n%s", command, err, out)
		}
	}
	return dump
}

// analyzerVersion is what owners are compared with.
const analyzerVersion = "0.3.2"

// hprofAnalyzer is the command that hprof-analyzer, which cargo builds once, is
// asked with.
func hprofAnalyzer(b *testing.B) []string {
	b.Helper()
	return []string{cargoProgram(b, "hprof-analyzer", analyzerVersion)}
}

// slurpVersion is what ours is compared with.
const slurpVersion = "0.10.0"

// hprofSlurp is the path of hprof-slurp.
func hprofSlurp(b *testing.B) string { return cargoProgram(b, "hprof-slurp", slurpVersion) }

// cargoProgram is the path of a program that cargo builds once, in release, and
// which is kept in the repository's .cache folder.
func cargoProgram(b *testing.B, name, version string) string {
	b.Helper()
	root, err := filepath.Abs(filepath.Join("..", "..", ".cache", name+"-"+version))
	if err != nil {
		b.Fatal(err)
	}
	binary := filepath.Join(root, "bin", name)
	if _, err := os.Stat(binary); err == nil {
		return binary
	}
	cargo := exec.Command("cargo", "install", name, "--version", version, "--locked", "--root", root)
	cargo.Env = append(os.Environ(), "CARGO_TARGET_DIR="+b.TempDir())
	if out, err := cargo.CombinedOutput(); err != nil {
		b.Fatalf("building %s: %v (it is of the edition 2024: a rustc of 1.85 or newer must be on PATH, Debian 12 has 1.63)\n%s", name, err, out)
	}
	return binary
}

// sharkCommand is the command that runs testdata/shark: the program compiled
// against shark, which Maven brings.
func sharkCommand(b *testing.B) []string {
	b.Helper()
	lib, classes := filepath.Join(b.TempDir(), "lib"), b.TempDir()
	for _, command := range [][]string{
		{"mvn", "-q", "-B", "-f", "testdata/shark/pom.xml", "dependency:copy-dependencies", "-DoutputDirectory=" + lib},
		{"javac", "-cp", filepath.Join(lib, "*"), "-d", classes, "testdata/shark/Retained.java"},
	} {
		if out, err := exec.Command(command[0], command[1:]...).CombinedOutput(); err != nil {
			b.Fatalf("%v: %v (Maven and a JDK must be on PATH)\n%s", command, err, out)
		}
	}
	classpath := strings.Join([]string{classes, filepath.Join(lib, "*")}, string(os.PathListSeparator))
	return []string{"java", "-Xmx16g", "-cp", classpath, "Retained"}
}
