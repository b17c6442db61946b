// SPDX-License-Identifier: Apache-2.0

package fleet

// SchemaVersion is that of the rows, and of the folder that they lie in. Columns are added, never renamed or given
// another meaning; where that cannot be, this changes, and with it the folder.
const SchemaVersion = 1

// A BuildRow is a row of builds: one of each build, of those that passed too,
// without which a number of crashes says nothing.
type BuildRow struct {
	Schema           int32    `parquet:"schema" doc:"version of the row, 1"`
	BuildID          string   `parquet:"build_id" doc:"the same for the same build, however often it is collected"`
	Project          string   `parquet:"project" doc:"--project"`
	Commit           string   `parquet:"commit" doc:"--commit"`
	InvocationID     string   `parquet:"invocation_id" doc:"Bazel's, empty where it is not known"`
	EndedMicros      int64    `parquet:"ended,timestamp(microsecond)" doc:"when the build ended, UTC; where that is not known, when it was collected"`
	BazelVersion     string   `parquet:"bazel_version" doc:"empty where it is not known"`
	Status           string   `parquet:"status" doc:"ok, out_of_memory, gc_thrashing, server_died, timeout, killed, interrupted, failed, unknown"`
	Crashed          bool     `parquet:"crashed" doc:"the server died, of memory or of what looks like it"`
	MemoryLimitBytes *int64   `parquet:"memory_limit_bytes,optional" doc:"-Xmx"`
	DurationMicros   *int64   `parquet:"duration_micros,optional" doc:"of the build"`
	GCCount          *int64   `parquet:"gc_count,optional" doc:"collections in the profile"`
	PeakHeapBytes    *int64   `parquet:"peak_heap_bytes,optional" doc:"the most that was in use, by the JVM's counters"`
	PeakAfterBytes   *int64   `parquet:"peak_after_gc_bytes,optional" doc:"the most that a collection left in use"`
	PausedMicros     *int64   `parquet:"paused_micros,optional" doc:"lost to the collector"`
	LiveBytes        *int64   `parquet:"live_bytes,optional" doc:"the live heap: of a build that passed at its end (retained.json), else of the dump"`
	NeededBytes      *int64   `parquet:"needed_bytes,optional" doc:"the memory limit that the build needs, estimated from its counters"`
	GCUtilisation    *float64 `parquet:"gc_utilisation,optional" doc:"the least share of any second that collections left to the program"`
}

// A CrashRow is a row of crashes.
type CrashRow struct {
	CrashID      string `parquet:"crash_id" doc:"the build's, with a number"`
	BuildID      string `parquet:"build_id" doc:"of builds"`
	Project      string `parquet:"project" doc:"--project"`
	Commit       string `parquet:"commit" doc:"of builds"`
	BazelVersion string `parquet:"bazel_version" doc:"of builds"`
	EndedMicros  int64  `parquet:"ended,timestamp(microsecond)" doc:"of the build"`
	Kind         string `parquet:"kind" doc:"java_heap_space, gc_overhead, array_size, gc_thrashing, metaspace, direct_memory, native_memory, machine_memory, server_died, …"`
	Phase        string `parquet:"phase" doc:"starlark (a function was running), or after it"`
	Signature    string `parquet:"signature" doc:"the finest one of its most likely suspect; of a crash without one its kind's"`
	OneSuspect   bool   `parquet:"one_suspect" doc:"one suspect has all of the probability"`
	HasDump      bool   `parquet:"has_dump" doc:"a heap dump was read"`
}

// A Suspect is a row of suspects: of each crash each function that it may have
// been, with its probability; those of one crash add up to 1, with what is not
// known as a row of its own.
type Suspect struct {
	CrashID     string  `parquet:"crash_id" doc:"of crashes"`
	BuildID     string  `parquet:"build_id" doc:"of builds"`
	Project     string  `parquet:"project" doc:"--project"`
	Commit      string  `parquet:"commit" doc:"of builds"`
	EndedMicros int64   `parquet:"ended,timestamp(microsecond)" doc:"of the build"`
	Probability float64 `parquet:"probability" doc:"that what the evidence names is this function: 1 where a stack or a dump names it"`
	Culprit     string  `parquet:"culprit" doc:"@repo//pkg:file.bzl%function; ? where nobody is known"`
	What        string  `parquet:"what" doc:"Provider.field that holds the memory, or the builtin under way; ? where that is not known"`
	Verdict     string  `parquet:"verdict" doc:"how far the evidence goes that it is to blame: sure, likely, possible, unknown"`
	Kind        string  `parquet:"signature_kind" doc:"v1/<kind>"`
	ByCulprit   string  `parquet:"signature_culprit" doc:"v1/<kind>/<culprit>"`
	ByWhat      string  `parquet:"signature_what" doc:"v1/<kind>/<culprit>/<what>"`
	ByStack     string  `parquet:"signature_stack" doc:"v1/<kind>/<culprit>/<what>/<hash of the stack>"`
}

// An OwnerRow is a row of owners: who held the heap of a build that passed, or of
// a dump.
type OwnerRow struct {
	BuildID       string `parquet:"build_id" doc:"of builds"`
	Project       string `parquet:"project" doc:"--project"`
	Commit        string `parquet:"commit" doc:"of builds"`
	EndedMicros   int64  `parquet:"ended,timestamp(microsecond)" doc:"of the build"`
	AtEnd         bool   `parquet:"at_end" doc:"of a build that passed; else of a dump, and not to be compared with the others"`
	Kind          string `parquet:"kind" doc:"function, rule, aspect, provider_field, bzl, package (all together), bazel, shared"`
	Name          string `parquet:"name" doc:"the function, rule, aspect, or Provider.field"`
	Culprit       string `parquet:"culprit" doc:"of a function as in suspects, else empty"`
	Targets       int64  `parquet:"targets" doc:"instances, of a provider's field"`
	RetainedBytes int64  `parquet:"retained_bytes" doc:"what would be freed without it"`
	Objects       int64  `parquet:"objects" doc:"of the heap"`
}

// Rows are those of one build.
type Rows struct {
	Build    BuildRow
	Crashes  []CrashRow
	Suspects []Suspect
	Owners   []OwnerRow
}
