// SPDX-License-Identifier: Apache-2.0

package aggregate

import (
	"fmt"
	"strings"

	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/internal/bazel/console"
	"example.invalid/starlark-memls/internal/bazel/javastack"
	"example.invalid/starlark-memls/internal/quantity"
)

// A Death says of what a server died, so far as a sentence can: which memory
// was short and what Bazel was doing.
type Death struct {
	// What is a sentence on the memory or the error, where it is not simply
	// Java's heap that was full; "" then.
	What string
	// Cure is what helps against it: an option, a limit, a place to look.
	Cure string
	// Doing is a clause on what Bazel did ("cquery printed its result");
	// Hint says where its input comes from.
	Doing, Hint string
	// Own: what Bazel did was work of its own, and not Starlark's; Result: and
	// what that gathers is no function's.
	Own, Result bool
	// Other: it was not that Java's heap was full, so that what fills it is not
	// the question, and -Xmx and heap dumps have no bearing.
	Other bool
	// Silent: it was killed, and could leave neither a stack nor a heap dump.
	Silent bool
	// Ended: Starlark had ended when it came, so that no function of it can
	// have been running.
	Ended bool
}

// deaths are the causes other than a full heap.
var deaths = map[console.Cause]struct{ what, cure string }{
	console.ArraySize: {"One string, list or buffer would have grown beyond 2 GiB, the longest array that Java allows.",
		"-Xmx does not help: make that one value smaller, or write it in parts"},
	console.Metaspace: {"The memory for Java's classes (metaspace) was full, not Java's heap.",
		"remove -XX:MaxMetaspaceSize or -XX:CompressedClassSpaceSize from --host_jvm_args, or raise it; -Xmx does not help"},
	console.DirectMemory: {"The memory for direct buffers (network and file transfers) was full, not Java's heap.",
		"raise --host_jvm_args=-XX:MaxDirectMemorySize, or do less at the same time: --jobs, --remote_max_connections"},
	console.NativeMemory: {"The system gave the server no more threads or maps, though Java's heap had room.",
		"raise the limit on processes (ulimit -u, the container's pids limit) or lower --jobs; a higher -Xmx leaves even less room"},
	console.MachineMemory: {"The machine or the container had no memory left; Java's heap was not full.",
		"give the machine more memory, or let Bazel use less: lower -Xmx, --jobs, --worker_max_instances, --local_resources=memory; a higher -Xmx makes it worse"},
	console.InternalError: {"This is an internal error of Bazel, not a lack of memory.",
		"look at the frames of the stack: the fix belongs in the rule or in Bazel"},
	console.StackOverflow: {"Calls or values were nested too deep for the thread's stack: a value that holds itself, a very deep depset or struct.",
		"more memory does not help: print or compare values that are less deep"},
}

// DeathOf reads a crash.
func DeathOf(f *observe.CrashFacts) Death {
	var d Death
	if other, ok := deaths[f.Cause]; ok {
		d = Death{What: other.what, Cure: other.cure, Other: true}
	}
	if f.Cause == console.ServerDied && strings.HasPrefix(f.Message, "killed by signal 9") {
		d.What = "The server was killed from outside, usually by the kernel or the container because the machine had too little memory."
		d.Cure = "see dmesg or the container's events for an out-of-memory kill; if it was one, lower -Xmx (Bazel then dies of its own heap, and leaves a heap dump) or --jobs, or give the machine more memory"
		d.Silent = true
	}
	if work, ok := javastack.Outside(f.Java); ok {
		d.Doing, d.Hint, d.Ended = work.Doing, work.Hint, work.Alone
		d.Own, d.Result = true, work.Result
	} else if len(f.Threads) == 0 {
		d.Doing = javastack.Doing(f.Java)
		if f.LoadingPackages && f.Loading == "" && f.Target == "" && (d.Doing == "" || strings.HasPrefix(d.Doing, "Starlark was ")) {
			d.Doing = strings.TrimSuffix("packages were loaded, and "+d.Doing, ", and ")
		}
	}
	if d.Doing == "" && f.Loading != "" && len(f.Threads) == 0 {
		d.Doing = "the package " + f.Loading + " was being loaded"
		if f.LoadingOthers > 0 {
			d.Doing += fmt.Sprintf(", and %s", quantity.Count(f.LoadingOthers, "other", "others"))
		}
	}
	d.Ended = d.Ended || f.AfterSuccess && len(f.Threads) == 0
	if f.AfterSuccess && d.Doing == "" && len(f.Threads) == 0 {
		d.Doing = "the build had completed"
	}
	return d
}

// Accuses reports whether a Starlark function can be to blame for it: for a
// full heap, or as the one that ran into the error.
func (d *Death) Accuses(c console.Cause) bool {
	return !d.Other || c == console.ArraySize || c == console.InternalError || c == console.StackOverflow
}

func (d *Death) Advice() string {
	if d.Hint == "" {
		return ""
	}
	return fmt.Sprintf("look at %s", d.Hint)
}

// ended reports whether Starlark had ended at every crash that it tells of.
func ended(o *observe.Observation) bool {
	for i := range o.Crashes {
		if d := DeathOf(&o.Crashes[i]); !d.Ended {
			return false
		}
	}
	return len(o.Crashes) > 0
}
