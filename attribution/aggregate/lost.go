// SPDX-License-Identifier: Apache-2.0

package aggregate

import (
	"slices"

	"example.invalid/starlark-memls/attribution/observe"
)

// A call that was lost. Bazel records a call when it ends, and where memory has
// run out that may fail: the profile then shows a builtin that took seconds, and
// nothing in it. A builtin that calls back runs the same function nearly every
// time: a rule that is instantiated its computed default, sorted() its key. So
// where builds that passed recorded calls of one function only from that
// builtin, that one is put back into the chain, with the builtin's time.

// WithLost puts the call that must have been running in the builtin with which
// a chain ended back into it.
func (b *Statistics) WithLost(chain []observe.EndedCall) []observe.EndedCall {
	caller := &chain[0]
	if caller.Builtin == "" || caller.BuiltinMicros < observe.RecordedMicros {
		return chain
	}
	name := b.called[caller.Builtin]
	if name == "" {
		return chain
	}
	whole := slices.Concat([]observe.EndedCall{{
		Name: name, EndMicros: caller.EndMicros,
		SelfMicros: caller.BuiltinMicros, Caller: caller.Builtin, Around: caller.Around, Package: caller.Package, InBuild: caller.InBuild, Target: caller.Target,
	}}, chain)
	whole[1].SelfMicros -= caller.BuiltinMicros
	return whole
}
