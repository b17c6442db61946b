// SPDX-License-Identifier: Apache-2.0

package measurement

import (
	"strings"

	"example.invalid/starlark-memls/internal/bazel/outputbase"
)

// partOfName is what a file of this name is meant to be, or "". It decides
// only where the content cannot: for a file that is empty, and for telling a
// damaged part (worth a warning) from a file that is no evidence.
func partOfName(name string) Part {
	lower := strings.TrimSuffix(strings.ToLower(name), ".gz")
	switch {
	case lower == "memory.profile" || lower == "memory_profile":
		return PhaseMemory
	case lower == "bep" || lower == "bep.json" || strings.HasSuffix(lower, ".bep.json") || lower == "build_events.json":
		return BuildEvents
	case lower == "memory.pprof" || strings.Contains(lower, "skylark") && strings.HasSuffix(lower, ".pprof"):
		return AllocationProfile
	case strings.HasSuffix(lower, ".pprof"):
		return CPUProfile
	case outputbase.IsHeapDumpName(strings.ToLower(name)):
		return HeapDump
	case lower == "rules.txt":
		return Rules
	case lower == "heap.json":
		return HeapSummary
	case strings.HasSuffix(lower, ".jfr"):
		return FlightRecording
	case lower == "counters.jsonl":
		return Counters
	case lower == "retained.json":
		return Retained
	case strings.HasSuffix(lower, ".rawproto"):
		return FailureDetail
	case lower == "profile" || strings.HasSuffix(lower, ".profile") || strings.HasSuffix(lower, "profile.json"):
		return Profile
	case lower == "console" || lower == "command.log" || lower == "jvm.out" || strings.HasSuffix(lower, ".console") || strings.HasSuffix(lower, ".log"):
		return Console
	}
	return ""
}

// pprofByName trusts the names that Bazel's documentation and a sweep give the
// two pprof files: which one it is stands at the file's end, and who reads it
// sees for himself.
func pprofByName(name string) Part {
	if name == "memory.pprof" || name == "starlark.pprof" {
		return partOfName(name)
	}
	return ""
}
