// SPDX-License-Identifier: Apache-2.0

package observe

import "example.invalid/starlark-memls/internal/bazel/trace"

// BlindWords say what a profile cannot show, with what to do about it.
var BlindWords = map[trace.Blindness]string{
	trace.BlindSlim:       "the profile is slim: short Starlark calls were merged away; build with --noslim_profile",
	trace.BlindShortCalls: "calls under 50 ms are not recorded; build with --record_full_profiler_data to see them",
	trace.BlindNoCounters: "the profile has no memory counters",
	trace.BlindNoStarlark: "the profile holds no Starlark call: none lasted 50 ms, or this Bazel does not record them",
	trace.BlindCut:        "the profile is cut: up to 256 KiB of the last events were lost with the server",
	trace.BlindEmpty:      "the server died before anything was written",
}
