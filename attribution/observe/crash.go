// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"example.invalid/starlark-memls/internal/bazel/console"
	"example.invalid/starlark-memls/internal/measurement"
)

// One death is told by several parts: the console prints it (often twice),
// failure_detail.rawproto and the build events hold it again, and sometimes
// only the exit code is left. They are the same crash when they are of the
// same measurement, because a server dies once; a console that holds several
// builds has its crashes in the order of the text, and the other parts
// speak of the last.

// crashes joins what the parts tell.
func (o *observer) crashes() []CrashFacts {
	all := o.console.crashes
	if d := o.detail.crash; d != nil && !o.description.Leftover {
		if n := len(all); n > 0 {
			all[n-1] = mergeCrash(all[n-1], *d)
		} else {
			all = append(all, *d)
		}
	}
	if len(all) > 0 || o.description.Leftover {
		return all
	}
	// Nobody saw it, but the build is known to have died.
	cause := console.Unknown
	switch o.description.Status {
	case measurement.OutOfMemory:
	case measurement.GCThrashing:
		cause = console.GCThrashing
	case measurement.ServerDied:
		cause = console.ServerDied
	default:
		return nil
	}
	source := "measurement"
	if o.events.abort != "" {
		source = "build_events"
	}
	return []CrashFacts{{
		Cause: cause, Message: o.description.StatusReason,
		Target: o.events.failedTarget,
		Source: source,
	}}
}

// mergeCrash adds to what one part said what another knows better: a stack
// where there was none or a shorter one, and every empty field.
func mergeCrash(a, b CrashFacts) CrashFacts {
	if frames(b.Threads) > frames(a.Threads) {
		a.Threads = b.Threads
	}
	if len(b.Java) > len(a.Java) {
		a.Java = b.Java
	}
	if a.Cause == console.Unknown || a.Cause == console.ServerDied && b.Cause != console.Unknown {
		a.Cause = b.Cause
	}
	for _, f := range []struct{ to, from *string }{
		{&a.Message, &b.Message}, {&a.Time, &b.Time}, {&a.Target, &b.Target},
		{&a.Aspect, &b.Aspect}, {&a.Node, &b.Node}, {&a.Context, &b.Context}, {&a.HeapDump, &b.HeapDump},
	} {
		if *f.to == "" {
			*f.to = *f.from
		}
	}
	return a
}

func frames(threads []ThreadFacts) int {
	n := 0
	for _, t := range threads {
		n += len(t.Frames)
	}
	return n
}
