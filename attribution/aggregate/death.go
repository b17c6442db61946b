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
	// Other: it was not that Java's heap was full, so that what fills it is not
	// the question, and -Xmx and heap dumps have no bearing.
	Other bool
	// Ended: Starlark had ended when it came, so that no function of it can
	// have been running.
	Ended bool
}

// deaths are the causes other than a full heap.
var deaths = map[console.Cause]struct{ what, cure string }{
	console.ArraySize: {"One string, list or buffer was to grow beyond 2 GiB, the longest array that Java has.",
		"-Xmx does not help: make that one value smaller, or write it in parts"},
	console.Metaspace: {"The memory for Java's classes (metaspace) was full, not Java's heap.",
		"take -XX:MaxMetaspaceSize or -XX:CompressedClassSpaceSize out of --host_jvm_args, or raise it; -Xmx does not help"},
	console.DirectMemory: {"The memory for direct buffers (network and file transfers) was full, not Java's heap.",
		"raise --host_jvm_args=-XX:MaxDirectMemorySize, or have less under way at once: --jobs, --remote_max_connections"},
	console.NativeMemory: {"The system gave the server no more threads or maps, though Java's heap had room.",
		"raise the limit on processes (ulimit -u, the container's pids limit) or lower --jobs; a higher -Xmx leaves even less room"},
	console.MachineMemory: {"The machine or the container had no memory left, not Java's heap.",
		"more memory for it, or less in it: a lower -Xmx, --jobs, --worker_max_instances, --local_resources=memory; a higher -Xmx makes it worse"},
	console.InternalError: {"This is an internal error of Bazel, not a lack of memory.",
		"the frames are where to look; it is the rule's or Bazel's to mend"},
	console.StackOverflow: {"Calls or values were nested too deep for the thread's stack: a value that holds itself, a very deep depset or struct.",
		"memory does not help: print or compare less deep values"},
}

// DeathOf reads a crash.
func DeathOf(f *observe.CrashFacts) Death {
	var d Death
	if other, ok := deaths[f.Cause]; ok {
		d = Death{What: other.what, Cure: other.cure, Other: true}
	}
	if f.Cause == console.ServerDied && strings.HasPrefix(f.Message, "killed by signal 9") {
		d.What = "The server was killed from outside: as a rule by the kernel or the container, because the machine's memory was short."
		d.Cure = "dmesg or the container's events tell whether it was an out-of-memory kill; then a lower -Xmx, fewer --jobs or more memory for the machine help"
	}
	if work, ok := javastack.Outside(f.Java); ok {
		d.Doing, d.Hint, d.Ended = work.Doing, work.Hint, work.Alone
	} else if len(f.Threads) == 0 {
		d.Doing = javastack.Doing(f.Java)
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
