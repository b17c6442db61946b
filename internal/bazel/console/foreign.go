// SPDX-License-Identifier: Apache-2.0

package console

import (
	"regexp"
	"strings"
)

// Other programs run out of memory, too: compilers, workers, tools of
// repository rules. Their words stand in Bazel's console and are not Bazel's.

// foreignWords tell such a death on one line. who is the program, or names the
// group of the expression that does.
var foreignWords = []struct {
	words *regexp.Regexp
	who   string
}{
	{regexp.MustCompile(`JavaScript heap out of memory`), "node"},
	{regexp.MustCompile(`(?:Killed signal terminated program|internal compiler error: Killed \(program|Killed \(program) ([\w+.-]+)`), "$1"},
	{regexp.MustCompile(`collect2: (?:fatal )?error: (\S+) terminated with signal 9`), "$1"},
	{regexp.MustCompile(`^(cc1plus|cc1|ld|ld\.\w+|as|lto1|lto-wrapper|clang[\w+.-]*|g?cc[\w+.-]*|g\+\+)\b.*(?:out of memory|memory exhausted|Cannot allocate memory|Killed)`), "$1"},
	{regexp.MustCompile(`^virtual memory exhausted`), "the compiler"},
	{regexp.MustCompile(`LLVM ERROR: out of memory`), "a program with LLVM"},
	{regexp.MustCompile(`what\(\):\s+std::bad_alloc|instance of 'std::bad_alloc'`), "a C++ program"},
	{regexp.MustCompile(`fatal error: runtime: (?:out of memory|cannot allocate memory)`), "a Go program"},
	{regexp.MustCompile(`([\w./+-]+): signal: killed`), "$1"},
	{regexp.MustCompile(`^memory allocation of [0-9]+ bytes failed`), "a Rust program"},
	{regexp.MustCompile(`\(signal: 9, SIGKILL: kill\)`), "a program that cargo ran"},
	{regexp.MustCompile(`^MemoryError\b`), "a Python program"},
	{regexp.MustCompile(`^(?:error|e): java\.lang\.OutOfMemoryError`), "a Java program"},
	{regexp.MustCompile(`^make(?:\[\d+\])?: \*\*\* \[.*\] Killed$`), "a program that make ran"},
	{regexp.MustCompile(`\bNoMemoryError\b`), "a Ruby program"},
	{regexp.MustCompile(`System\.OutOfMemoryException`), "a .NET program"},
	{regexp.MustCompile(`failed: \(Killed\): ([\w.+/-]+) failed`), "$1"},
	{regexp.MustCompile(`^ERROR: .*failed: .*\b(?:Process terminated by|terminated by|Killed by) signal 9`), ""},
	{regexp.MustCompile(`Process terminated by signal 9$`), ""},
	{regexp.MustCompile(`^fatal: (?:Out of memory|mmap failed: Cannot allocate memory)`), "git"},
	{regexp.MustCompile(`[Oo]ut of memory: Killed process [0-9]+ \(([^)]+)\)`), "$1"},
	{regexp.MustCompile(`Killed process [0-9]+ \(([^)]+)\)`), "$1"},
}

// foreignHints are in every line that foreignWords match: looked for first.
var foreignHints = [...]string{"emory", "illed", "signal", "SIGKILL", "bad_alloc"}

// foreignLine takes a line that tells of another program's death.
func (p *parser) foreignLine(l line, text string) bool {
	hinted := false
	for _, h := range foreignHints {
		hinted = hinted || strings.Contains(text, h)
	}
	if !hinted || len(text) > 4096 {
		return false
	}
	for _, f := range foreignWords {
		m := f.words.FindStringSubmatch(text)
		if m == nil {
			continue
		}
		who := f.who
		if who == "$1" {
			who = m[1][strings.LastIndexByte(m[1], '/')+1:]
		}
		if isServer(who) {
			p.killedByMachine(l, text)
			return true
		}
		p.foreign(l, who, text)
		return !strings.HasPrefix(text, "ERROR:")
	}
	return false
}

// isServer: the process is Bazel's server, by the names it has in a kernel's log.
func isServer(process string) bool {
	return process == "java" || process == "bazel" || strings.HasPrefix(process, "bazel(") || process == "blaze"
}

// killedByMachine: the kernel killed the server, in its own words.
func (p *parser) killedByMachine(l line, text string) {
	p.closePrinting()
	p.fold(gone, PrintedCrash{Cause: MachineMemory, OutOfMemory: true, Line: l.number, Time: l.time, Message: text, ServerGone: true})
}

// foreign notes another program's death, once for each action.
func (p *parser) foreign(l line, who, said string) {
	f := Foreign{Line: l.number, Who: who, Said: said}
	if l.number-p.errorHead.number < maxInterruption*4 {
		f.Action = p.errorHead.text
	}
	if strings.HasPrefix(said, "ERROR:") {
		f.Action = said
	}
	for i := range p.log.Foreign {
		known := &p.log.Foreign[i]
		if known.Action == f.Action && (known.Who == who || who == "" || known.Who == "") {
			known.Who = firstOf(known.Who, who)
			return
		}
	}
	if len(p.log.Foreign) >= maxForeign {
		p.lost("there are more other programs that ran out of memory than are kept")
		return
	}
	p.log.Foreign = append(p.log.Foreign, f)
}

// foreignJava names a Java program by its frames.
func foreignJava(frames []JavaFrame) string {
	for _, f := range frames {
		for _, program := range [...]struct{ prefix, name string }{
			{"com.sun.tools.javac.", "javac"}, {"com.google.devtools.build.buildjar.", "JavaBuilder"},
			{"com.google.turbine.", "turbine"}, {"org.jetbrains.kotlin.", "kotlinc"}, {"scala.tools.", "scalac"}, {"dotty.tools.", "scalac"},
			{"com.android.tools.r8.", "r8"}, {"proguard.", "proguard"}, {"com.google.javascript.", "the Closure compiler"},
			{"com.google.devtools.build.android.", "an Android tool"}, {"coursier.", "coursier"}, {"org.junit.", "a test"},
		} {
			if strings.HasPrefix(f.Method, program.prefix) {
				return program.name
			}
		}
	}
	return "a Java program"
}

// ofServer reports whether frames are those of Bazel's server. A worker has
// classes of Bazel's, too.
func ofServer(frames []JavaFrame) bool {
	for _, f := range frames {
		m := f.Method
		switch {
		case strings.HasPrefix(m, "com.google.devtools.build.lib.worker.WorkRequestHandler"):
			return false
		case strings.HasPrefix(m, "com.google.devtools.build.lib."), strings.HasPrefix(m, "com.google.devtools.build.skyframe."),
			strings.HasPrefix(m, "net.starlark.java."):
			return true
		}
	}
	return false
}
