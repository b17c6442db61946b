// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"fmt"
	"path/filepath"

	"example.invalid/starlark-memls/internal/measurement"
)

const skymeldFlag = "experimental_merged_skyframe_analysis_execution"

// CheckMode reports a mode that this binary does not have, before anything is
// run.
func (b *Bazel) CheckMode(m measurement.Mode) error {
	switch m {
	case measurement.Regular, measurement.NoBuild:
		return nil
	case measurement.Skymeld:
		if b.Has(skymeldFlag, "build") {
			return nil
		}
		return fmt.Errorf("%s has no --%s: mode skymeld needs Bazel 5 or later", b.Path, skymeldFlag)
	}
	return fmt.Errorf("mode %q is none of regular, nobuild, skymeld", m)
}

// modeFlags switch a mode on.
func (b *Bazel) modeFlags(m measurement.Mode) []string {
	var flags []string
	if b.Has(skymeldFlag, "build") {
		flags = append(flags, fmt.Sprintf("--%s=%t", skymeldFlag, m == measurement.Skymeld))
	}
	if m == measurement.NoBuild {
		flags = append(flags, "--nobuild")
	}
	return flags
}

// evidenceFlags make the build leave its evidence in folder.
func (b *Bazel) evidenceFlags(o BuildOptions, folder string) []string {
	var flags []string
	add := func(name, value string) {
		if b.Has(name, "build") {
			flags = append(flags, "--"+name+value)
		}
	}
	for _, name := range []string{"generate_json_trace_profile", "experimental_generate_json_trace_profile"} {
		if b.Has(name, "build") {
			flags = append(flags, "--"+name)
			break
		}
	}
	add("profile", "="+filepath.Join(folder, "profile.gz"))
	add("slim_profile", "=false")
	add("experimental_slim_json_profile", "=false")
	add("build_event_json_file", "="+filepath.Join(folder, "bep.json"))
	add("starlark_cpu_profile", "="+filepath.Join(folder, "starlark.pprof"))
	add("heap_dump_on_oom", fmt.Sprintf("=%t", o.HeapDumps != measurement.NoHeapDumps))
	if o.EveryCall {
		add("record_full_profiler_data", "")
	}
	if o.PhaseMemory {
		add("memory_profile", "="+filepath.Join(folder, "memory.profile"))
	}
	return flags
}

// linkFlags keep the workspace's bazel-* links where they are.
func (b *Bazel) linkFlags() []string {
	if b.Has("experimental_convenience_symlinks", "build") {
		return []string{"--experimental_convenience_symlinks=ignore"}
	}
	return []string{"--symlink_prefix=/"}
}

// startup are the server's options for one limit. The JVM dumps its heap
// where --heap_dump_on_oom comes too late: with the crashing stack intact.
func (b *Bazel) startup(o BuildOptions, limit int64) []string {
	args := []string{
		"--host_jvm_args=-Xmx" + measurement.Limit(limit).String(),
		// A server that a killed sweep leaves behind goes by itself, should
		// there never be a next sweep to end it.
		"--max_idle_secs=600",
	}
	if o.HeapDumps == measurement.NoHeapDumps {
		return append(args, "--host_jvm_args=-XX:-HeapDumpOnOutOfMemoryError")
	}
	return append(args, "--host_jvm_args=-XX:+HeapDumpOnOutOfMemoryError",
		"--host_jvm_args=-XX:HeapDumpPath="+b.OutputBase)
}

// command is the whole build's argument list, without the binary.
func (b *Bazel) command(o BuildOptions, m Measured, folder string) []string {
	rest := b.evidenceFlags(o, folder)
	rest = append(rest, b.linkFlags()...)
	rest = append(rest, "--color=no", "--curses=no")
	rest = append(rest, b.modeFlags(m.Mode)...)
	rest = append(rest, o.Args...)
	return b.args(b.startup(o, m.LimitBytes), "build", rest...)
}
