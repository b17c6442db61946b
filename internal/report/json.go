// SPDX-License-Identifier: Apache-2.0

package report

import (
	"encoding/json"
	"io"
	"time"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/internal/bazel/console"
	"example.invalid/starlark-memls/internal/measurement"
)

// The JSON report, schema 1. Programs rely on it: fields are added, never
// renamed or given another meaning. A field that is not known is absent, a
// known zero is written, which is why optional numbers are pointers. Lengths
// of time are microseconds, sizes bytes, lines count from 1. Functions are in
// the order of their rank, crashes newest first, frames innermost first.

// Schema is the version of the JSON report.
const Schema = 1

// A Document is the JSON report.
type Document struct {
	Schema int `json:"schema"`
	// Version is that of the program that wrote it.
	Version      string         `json:"version,omitempty"`
	Measurements []Measurement  `json:"measurements"`
	Functions    []FunctionJSON `json:"functions"`
	Crashes      []CrashJSON    `json:"crashes"`
	// Rules are what dump --rules tells of rules and aspects.
	Rules []RuleMemory `json:"rules,omitempty"`
	// Held are the lines that hold the heap of the newest dump.
	Held  []HeldLine `json:"lines_to_change,omitempty"`
	Surer []string   `json:"surer,omitempty"` // what would make the answer surer
	// Restarted are packages that were evaluated more than once in a build.
	Restarted []RestartedPackage `json:"restarted_packages,omitempty"`
	// Refetched are repositories whose rule ran more than once in a build.
	Refetched []RestartedRepository `json:"restarted_repositories,omitempty"`
	// Reevaluated are the SkyFunctions that were evaluated more often than
	// they built a value, where the build events count it.
	Reevaluated []ReevaluatedValues `json:"reevaluated_values,omitempty"`
	// Concurrent are functions that were running when packages were evaluated
	// anew, more often than chance explains.
	Concurrent []ConcurrentRestart `json:"concurrent_restarts,omitempty"`
	Warnings   []string            `json:"warnings"`
}

// A RestartedPackage was evaluated Extra times beyond the first, in Builds
// builds.
type RestartedPackage struct {
	Package string `json:"package"`
	Builds  int    `json:"builds"`
	Extra   int    `json:"extra"`
}

// A RestartedRepository was fetched Extra times beyond the first, in Builds
// builds.
type RestartedRepository struct {
	Repository string `json:"repository"`
	Builds     int    `json:"builds"`
	Extra      int    `json:"extra"`
}

// A ReevaluatedValues is what Builds builds counted of one SkyFunction.
type ReevaluatedValues struct {
	SkyFunction string `json:"skyfunction"`
	Builds      int    `json:"builds"`
	Evaluated   int64  `json:"evaluated"`
	Built       int64  `json:"built"`
	Dirtied     int64  `json:"dirtied"`
	Changed     int64  `json:"changed"`
	Cleaned     int64  `json:"cleaned"`
	// Ratio is evaluated minus built for each that was built, at low limits
	// against high ones, with its 95 % interval.
	Ratio     *float64 `json:"ratio,omitempty"`
	RatioLow  *float64 `json:"ratio_low,omitempty"`
	RatioHigh *float64 `json:"ratio_high,omitempty"`
}

// A ConcurrentRestart says that a function was running at Observed of the
// Restarts of a package ("*": of all), Expected by chance.
type ConcurrentRestart struct {
	Function string  `json:"function"`
	Package  string  `json:"package"`
	Observed int     `json:"observed"`
	Restarts int     `json:"restarts"`
	Expected float64 `json:"expected"`
	QValue   float64 `json:"q_value"`
}

// A Measurement is one build.
type Measurement struct {
	Path             string             `json:"path"`
	Series           string             `json:"series,omitempty"`
	MemoryLimitBytes *int64             `json:"memory_limit_bytes,omitempty"`
	Run              string             `json:"run,omitempty"`
	Status           measurement.Status `json:"status"`
	GCCount          *int               `json:"gc_count,omitempty"`
	DurationMicros   *int64             `json:"duration_micros,omitempty"`
	// GCUtilisation is the least share of any second that collections left
	// to the program; GCThrashingMicros when they began to take most of the
	// time until the end.
	GCUtilisation     *float64 `json:"gc_utilisation,omitempty"`
	GCThrashingMicros *int64   `json:"gc_thrashing_micros,omitempty"`

	// Heap is how the heap did, by the JVM's counters.
	Heap *HeapCourse `json:"heap,omitempty"`

	BazelVersion string     `json:"bazel_version,omitempty"`
	InvocationID string     `json:"invocation_id,omitempty"`
	Ended        *time.Time `json:"ended,omitempty"`
	Older        bool       `json:"older,omitempty"`
	Warnings     []string   `json:"warnings"`
}

// A FunctionJSON is a suspect.
type FunctionJSON struct {
	Rank       int                 `json:"rank"`
	Name       string              `json:"name"`
	File       string              `json:"file,omitempty"`
	Line       int                 `json:"line,omitempty"`
	Kind       string              `json:"kind,omitempty"`
	Score      float64             `json:"score"`
	Verdict    attribution.Verdict `json:"verdict,omitempty"`
	Candidates []PlaceJSON         `json:"candidates,omitempty"`
	// Posterior weighs the functions of a bare name, most probable first;
	// with it, File and Line are inferred.
	Posterior []CandidateJSON `json:"posterior,omitempty"`
	// Unseen is a guess at the probability that it was a function whose source
	// is not here: no corpus has been held against it.
	Unseen float64 `json:"unseen_probability,omitempty"`
	// Evidence has a field for each measure that is known (docs/measures.md).
	Evidence attribution.Evidence `json:"evidence"`
	Lines    []LineJSON           `json:"lines,omitempty"`
	Reasons  []Reason             `json:"reasons,omitempty"`
	Blind    []string             `json:"blind,omitempty"`
	Stale    bool                 `json:"stale,omitempty"`
}

// A PlaceJSON is a line of a file.
type PlaceJSON struct {
	File string `json:"file"`
	Line int    `json:"line"`
}

// A LineJSON is what is known of one line of a function; what is 0 is absent.
type LineJSON struct {
	Line           int   `json:"line"`
	CrashFrames    int   `json:"crash_frames,omitempty"`
	AllocatedBytes int64 `json:"allocated_bytes,omitempty"`
	CPUMicros      int64 `json:"cpu_micros,omitempty"`
}

// A Reason is why a function is suspected, with its weight, 0 to 1.
type Reason struct {
	Weight float64 `json:"weight"`
	Text   string  `json:"text"`
}

// A CrashJSON is one death of a server.
type CrashJSON struct {
	Path         string        `json:"path"`
	Cause        console.Cause `json:"cause"`
	Message      string        `json:"message,omitempty"`
	Time         *time.Time    `json:"time,omitempty"`
	Older        bool          `json:"older,omitempty"`
	InvocationID string        `json:"invocation_id,omitempty"`
	Target       string        `json:"target,omitempty"`
	TargetFile   string        `json:"target_file,omitempty"`
	TargetLine   int           `json:"target_line,omitempty"`
	Aspect       string        `json:"aspect,omitempty"`
	HeapDump     string        `json:"heap_dump,omitempty"` // the dump that the stacks were read from
	Threads      []ThreadJSON  `json:"threads"`
	Inferred     *Inferred     `json:"inferred,omitempty"`
	// Meaning says which memory was short where that was not Java's heap;
	// Doing what Bazel did; Ended that Starlark had ended; Cure what helps.
	Meaning string `json:"meaning,omitempty"`
	Doing   string `json:"doing,omitempty"`
	Ended   bool   `json:"starlark_ended,omitempty"`
	Cure    string `json:"cure,omitempty"`
	// Instantiated is how the target came to be, innermost first.
	Instantiated []FrameJSON `json:"instantiated,omitempty"`
	// Log and LogLine are where the log tells of it.
	Log     string `json:"log,omitempty"`
	LogLine int    `json:"log_line,omitempty"`
}

// Inferred is the definition that activity points at where no stack names one.
type Inferred struct {
	Function   string          `json:"function"`
	File       string          `json:"file,omitempty"`
	Line       int             `json:"line,omitempty"`
	Candidates []PlaceJSON     `json:"candidates,omitempty"`
	Posterior  []CandidateJSON `json:"posterior,omitempty"`
	Why        string          `json:"why"`
}

// A ThreadJSON is one Starlark stack.
type ThreadJSON struct {
	Name      string      `json:"name,omitempty"`
	Failed    bool        `json:"failed"`
	Target    string      `json:"target,omitempty"`
	Source    string      `json:"source,omitempty"`
	Statement string      `json:"statement,omitempty"`
	Frames    []FrameJSON `json:"frames"`
}

// A FrameJSON is one Starlark frame.
type FrameJSON struct {
	Function string  `json:"function"`
	File     string  `json:"file"`
	Line     int     `json:"line,omitempty"`
	Column   int     `json:"column,omitempty"`
	Mapped   string  `json:"mapped,omitempty"`
	Stale    bool    `json:"stale,omitempty"`
	Locals   []Local `json:"locals,omitempty"`
}

// A Local is a variable, without its contents.
type Local struct {
	Name          string `json:"name"`
	Type          string `json:"type"`
	ShallowBytes  int64  `json:"shallow_bytes"`
	RetainedBytes *int64 `json:"retained_bytes,omitempty"`
	Length        *int64 `json:"length,omitempty"`
	// LetGoBytes is what it held when an error left its function, where it was
	// garbage by the time of the dump.
	LetGoBytes *int64 `json:"let_go_bytes,omitempty"`
}

// WriteJSON writes the report as JSON, schema 1, indented, all suspects unless
// Top limits them.
func WriteJSON(w io.Writer, r *attribution.Report, o Options) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	return e.Encode(NewDocument(r, o))
}
