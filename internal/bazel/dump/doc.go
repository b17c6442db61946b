// SPDX-License-Identifier: Apache-2.0

// Package dump reads what Bazel tells of its memory and time on request:
//
//   - `bazel dump --skylark_memory=FILE` and `--starlark_cpu_profile=FILE`,
//     both pprof (pprof.go, fold.go);
//   - `bazel dump --rules`, a text (rules.go);
//   - `--memory_profile=FILE`, heap and non-heap at the build's phases
//     (phases.go).
//
// Sources: B/profiler/memory/AllocationTracker.java, B/runtime/commands/
// DumpCommand.java, B/profiler/MemoryProfiler.java, K/eval/CpuProfiler.java,
// where B is src/main/java/com/google/devtools/build/lib and K is
// src/main/java/net/starlark/java, Bazel 2.1 to 9.
package dump
