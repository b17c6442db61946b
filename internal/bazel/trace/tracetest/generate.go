// SPDX-License-Identifier: Apache-2.0

// Package tracetest makes trace profiles for tests and benchmarks, in the
// layout in which Bazel writes them and of any size.
//
// A generated profile is a build of [Profile.Threads] Skyframe evaluators
// that call nested Starlark functions for the whole of it, with a garbage
// collection now and then, actions, package loading and the counters at the
// end. It is deterministic: equal Profiles give equal bytes, on any machine.
package tracetest

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
)

// A Recipe says what to generate.
type Recipe struct {
	// Events is about how many events there will be; the profile ends with
	// the first whole call tree behind it.
	Events int
	// Threads is the number of Skyframe evaluators, 8 if it is 0.
	Threads int
	// Functions is the number of distinct Starlark functions, 400 if 0.
	Functions int
	// Seed varies the profile.
	Seed uint64
	// Cut leaves out what a crash would: the counters, "Finishing" and the
	// closing brackets.
	Cut bool
}

// Large is the profile that benchmarks read: 1.8 million events, about 200 MB.
var Large = Recipe{Events: 1_800_000, Seed: 1}

// Stats says what was generated, for tests to compare with.
type Stats struct {
	Events, UserCalls, BuiltinCalls, Collections int
	Bytes                                        int64
	LastMicros                                   int64
}

// firstEvaluator is the tid of the first evaluator; Bazel's are Java's.
const firstEvaluator = 40

const (
	mainThread = 26
	gcThread   = 17
)

// Generate writes a profile, not compressed.
func Generate(w io.Writer, p Recipe) (Stats, error) {
	if p.Threads == 0 {
		p.Threads = 8
	}
	if p.Functions == 0 {
		p.Functions = 400
	}
	g := &generator{
		profile: p,
		out:     bufio.NewWriterSize(w, 1<<16),
		random:  rand.New(rand.NewPCG(p.Seed, 0x5eed)),
		clock:   make([]int64, p.Threads),
	}
	g.names()
	g.header()
	for g.stats.Events < p.Events {
		g.step()
	}
	g.footer()
	return g.stats, g.out.Flush()
}

type generator struct {
	profile   Recipe
	out       *bufio.Writer
	random    *rand.Rand
	functions []string
	clock     []int64 // where each evaluator is, microseconds
	line      []byte
	stats     Stats
	action    int
	nextGC    int64
	started   bool
}

// names makes the functions' names: as in real code, many end in _impl, some
// are shared, lambdas and toplevels among them.
func (g *generator) names() {
	g.functions = []string{"_impl", "lambda", "<toplevel>", "traverse_impl"}
	parts := []string{"cc", "py", "go", "proto", "lock", "audit", "merge", "collect", "expand", "link"}
	for i := len(g.functions); i < g.profile.Functions; i++ {
		g.functions = append(g.functions, fmt.Sprintf("_%s_%s_%d_impl", parts[i%10], parts[i/10%10], i))
	}
}

var builtins = []string{"sorted", "depset", "write", "declare_file", "join", "run", "format"}

func (g *generator) header() {
	g.raw(`{"otherData":{"build_id":"6f1d2c3b-4a59-4e68-9f70-8192a3b4c5d6","output_base":"/srv/build/out","date":"Fri Aug 28 18:39:26 UTC 2026"},"traceEvents":[`)
	g.threadName(0, "Critical Path")
	g.threadName(mainThread, "grpc-command-0")
	g.threadName(gcThread, "Notification Thread")
	for i := range g.profile.Threads {
		g.threadName(firstEvaluator+i, fmt.Sprintf("skyframe-evaluator %d", i))
	}
	g.event("build phase marker", "Launch Blaze", 'X', -33000, 33000, mainThread, "")
	g.event("build phase marker", "Initialize command", 'i', 0, 0, mainThread, "")
	g.event("build phase marker", "Load and analyze dependencies", 'i', 9000, 0, mainThread, "")
	for i := range g.clock {
		g.clock[i] = 10_000 + int64(i)*37
	}
	g.nextGC = 300_000
}

// step lets the evaluator that is furthest behind do one thing.
func (g *generator) step() {
	thread := 0
	for i, c := range g.clock {
		if c < g.clock[thread] {
			thread = i
		}
	}
	now := g.clock[thread]
	if now >= g.nextGC {
		g.collect(now)
	}
	tid := firstEvaluator + thread
	switch k := g.random.IntN(100); {
	case k < 30:
		g.clock[thread] = g.call(tid, now, 0)
	case k < 36:
		g.action++
		name := "Writing file pkg" + strconv.Itoa(g.action%977) + "/out_" + strconv.Itoa(g.action) + ".txt"
		took := 200 + g.random.Int64N(3000)
		g.event("action processing", name, 'X', now, took, tid, `"args":{"mnemonic":"FileWrite"},`)
		g.event("complete action execution", "ActionContinuation.execute", 'X', now+3, took-5, tid, "")
		g.event("action dependency checking", name, 'i', now+2, 0, tid, "")
		g.clock[thread] += took
	case k < 40:
		took := 500 + g.random.Int64N(9000)
		g.event("package creation", "pkg"+strconv.Itoa(g.random.IntN(2000)), 'X', now, took, tid, "")
		g.clock[thread] += took
	default:
		took := 5 + g.random.Int64N(700)
		g.event("skyfunction", skyFunctions[g.random.IntN(len(skyFunctions))], 'X', now, took, tid, "")
		g.clock[thread] += took
	}
	g.clock[thread] += g.random.Int64N(40)
}

var skyFunctions = []string{"FILE", "FILE_STATE", "PACKAGE", "BZL_LOAD", "CONFIGURED_TARGET", "ASPECT", "ARTIFACT"}

// call writes a call and, before it, as Bazel does, those it made. It returns
// when it ended.
func (g *generator) call(tid int, start int64, depth int) int64 {
	now := start + g.random.Int64N(300)
	for range g.random.IntN(4) {
		if depth == 7 {
			break
		}
		if g.random.IntN(4) == 0 {
			took := g.random.Int64N(900)
			g.event("Starlark builtin function call", builtins[g.random.IntN(len(builtins))], 'X', now, took, tid, "")
			g.stats.BuiltinCalls++
			now += took
		} else {
			now = g.call(tid, now, depth+1)
		}
		now += g.random.Int64N(500)
	}
	// Few functions make most of the calls.
	f := g.functions[int(float64(len(g.functions))*g.random.Float64()*g.random.Float64())]
	g.event("Starlark user function call", f, 'X', start, now-start, tid, "")
	g.stats.UserCalls++
	return now
}

func (g *generator) collect(now int64) {
	took := 1000 * (1 + g.random.Int64N(20))
	name := "minor GC"
	if g.random.IntN(12) == 0 {
		name, took = "major GC", 5*took
	}
	g.event("gc notification", name, 'X', now-took, took, gcThread, "")
	g.stats.Collections++
	g.nextGC = now + 50_000 + g.random.Int64N(400_000)
}

func (g *generator) footer() {
	if g.profile.Cut {
		return
	}
	end := g.stats.LastMicros
	g.event("build phase marker", "Complete build", 'i', end, 0, mainThread, "")
	for second := int64(0); second*1_000_000 < end; second++ {
		g.counter("CPU usage (Bazel)", "cpu", second, strconv.FormatFloat(2+g.random.Float64(), 'g', -1, 64))
		g.counter("Memory usage (Bazel)", "memory", second, strconv.FormatInt(200+second%300, 10))
	}
	g.event("general information", "Finishing", 'i', end+1000, 0, mainThread, "")
	g.raw("\n  ]\n}")
}

func (g *generator) threadName(tid int, name string) {
	g.separate()
	g.line = append(g.line, `{"name":"thread_name","ph":"M","pid":1,"tid":`...)
	g.line = strconv.AppendInt(g.line, int64(tid), 10)
	g.line = append(g.line, `,"args":{"name":"`...)
	g.line = append(g.line, name...)
	g.line = append(g.line, `"}}`...)
	g.flush()
}

func (g *generator) counter(name, key string, second int64, value string) {
	g.separate()
	g.line = append(g.line, `{"name":"`...)
	g.line = append(g.line, name...)
	g.line = append(g.line, `","ph":"C","ts":`...)
	g.line = strconv.AppendInt(g.line, second*1_000_000, 10)
	g.line = append(g.line, `,"pid":1,"tid":`...)
	g.line = strconv.AppendInt(g.line, mainThread, 10)
	g.line = append(g.line, `,"args":{"`...)
	g.line = append(g.line, key...)
	g.line = append(g.line, `":"`...)
	g.line = append(g.line, value...)
	g.line = append(g.line, `"}}`...)
	g.flush()
}

func (g *generator) event(category, name string, phase byte, start, duration int64, tid int, args string) {
	g.separate()
	g.line = append(g.line, `{"cat":"`...)
	g.line = append(g.line, category...)
	g.line = append(g.line, `","name":"`...)
	g.line = append(g.line, name...)
	g.line = append(g.line, `","ph":"`...)
	g.line = append(g.line, phase)
	g.line = append(g.line, `","ts":`...)
	g.line = strconv.AppendInt(g.line, start, 10)
	if phase == 'X' {
		g.line = append(g.line, `,"dur":`...)
		g.line = strconv.AppendInt(g.line, duration, 10)
	}
	g.line = append(g.line, `,"pid":1,`...)
	g.line = append(g.line, args...)
	g.line = append(g.line, `"tid":`...)
	g.line = strconv.AppendInt(g.line, int64(tid), 10)
	g.line = append(g.line, '}')
	g.stats.LastMicros = max(g.stats.LastMicros, start+duration)
	g.flush()
}

// separate starts a line.
func (g *generator) separate() {
	g.line = g.line[:0]
	if g.started {
		g.line = append(g.line, ',')
	}
	g.started = true
	g.line = append(g.line, "\n    "...)
}

func (g *generator) flush() {
	g.stats.Events++
	g.raw(string(g.line))
}

// raw keeps the count of bytes; an error stays in the buffered writer until
// Generate flushes it.
func (g *generator) raw(text string) {
	n, _ := g.out.WriteString(text)
	g.stats.Bytes += int64(n)
}
