// SPDX-License-Identifier: Apache-2.0

package live

import (
	"fmt"

	"example.invalid/starlark-memls/internal/bazel/heap"
	"example.invalid/starlark-memls/internal/bazel/server"
	"example.invalid/starlark-memls/internal/quantity"
)

// What the command line and the editors say of asking, in the same words.

// Price says what asking the server costs it: how long it stands still.
func Price(s *server.Server) string {
	cost, err := CostOf(s)
	if err != nil {
		return fmt.Sprintf("server %d will stand still while it writes its heap, whose size is not known (%v)", s.PID, err)
	}
	return fmt.Sprintf("server %d has %s in use and will stand still for about %s to %s", s.PID, quantity.Bytes(cost.HeapBytes),
		quantity.Micros(cost.Least.Microseconds()), quantity.Micros(cost.Most.Microseconds()))
}

// Holder is the first owner that has a source, the one to look at.
func Holder(r heap.Retained) (heap.RetainedOwner, bool) {
	for _, o := range r.Owners {
		if o.Kind == "function" || o.Kind == "package" || o.Kind == "bzl" {
			return o, true
		}
	}
	return heap.RetainedOwner{}, false
}

// Text says what the server will do, once it is armed.
func (a Armed) Text(s *server.Server) string {
	what := "java_pid%d.hprof"
	if a.Gzip {
		what += ".gz"
	}
	return fmt.Sprintf("server %d will leave "+what+" in %s if it runs out of memory", s.PID, s.PID, a.Folder)
}

// DisarmedText says what the server will do, once it is not armed any more.
func DisarmedText(s *server.Server) string {
	return fmt.Sprintf("server %d is back to what it was started to do when it runs out of memory", s.PID)
}
