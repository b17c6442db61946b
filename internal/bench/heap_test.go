//go:build unix

package bench

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
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

// slurpVersion is what ours is compared with.
const slurpVersion = "0.10.0"

// hprofSlurp is the path of hprof-slurp, which cargo builds once and which is
// kept in the repository's .cache folder.
func hprofSlurp(b *testing.B) string {
	b.Helper()
	root, err := filepath.Abs(filepath.Join("..", "..", ".cache", "hprof-slurp-"+slurpVersion))
	if err != nil {
		b.Fatal(err)
	}
	binary := filepath.Join(root, "bin", "hprof-slurp")
	if _, err := os.Stat(binary); err == nil {
		return binary
	}
	cargo := exec.Command("cargo", "install", "hprof-slurp", "--version", slurpVersion, "--locked", "--root", root)
	cargo.Env = append(os.Environ(), "CARGO_TARGET_DIR="+b.TempDir())
	if out, err := cargo.CombinedOutput(); err != nil {
		b.Fatalf("building hprof-slurp: %v (it is of the edition 2024: a rustc of 1.85 or newer must be on PATH, Debian 12 has 1.63)\n%s", err, out)
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
