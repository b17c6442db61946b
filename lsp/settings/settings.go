// SPDX-License-Identifier: Apache-2.0

package settings

// The settings: one table, from which the server reads them, the
// documentation describes them and VS Code's package.json declares them.
//
// A client hands them over as initializationOptions, in answer to
// workspace/configuration or in workspace/didChangeConfiguration. All three
// may hold the section itself ({"codeLens": …}), the section under its name
// ({"starlarkMemls": {…}}), or dotted keys ({"starlarkMemls.codeLens.enable":
// false}, {"codeLens.enable": false}); editors do all of these. A key that is
// absent keeps its default; one that is wrong keeps it too and is told.

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"example.invalid/starlark-memls/internal/codes"
	"example.invalid/starlark-memls/internal/measurement"
)

// Section is the prefix of every setting.
const Section = "starlarkMemls"

// Settings are what a user can choose. The zero value is of no use; begin
// with DefaultSettings.
type Settings struct {
	CodeLens   bool
	InlayHints bool
	Hover      bool
	// MinScore is the score (0 to 1) from which a function has a lens.
	MinScore float64
	// MinBytes is the size from which a line has an inlay hint.
	MinBytes int64

	Diagnostics bool
	// Lint: the memory checks run over the sources.
	Lint bool
	Pull bool // diagnostics are asked for, not pushed
	// Severities are the user's, by code; a code that is absent has its own.
	Severities            map[string]codes.Severity
	HotspotRetainedBytes  int64
	HotspotAllocatedBytes int64
	GCRateRatio           float64
	GCMinEvents           int

	AutoDetect      bool
	OutputBase      string // "" is: find it
	Measurements    []string
	MaxProfileBytes int64
	HeapSeconds     int
	HeapMemoryBytes int64
	PollSeconds     int

	Notify        bool
	NotifyActions bool

	// Gauge: the running server's counters are looked at. AskServer is when
	// it may be asked.
	Gauge     bool
	AskServer string

	Sweep Sweep
}

// When the running server may be asked who holds its memory.
const (
	AskFirst     = "ask"
	AskWhenDying = "whenDying"
	AskNever     = "never"
)

// Sweep are what a sweep does where its command does not say. They are
// in the words of the command line, and read when a sweep is asked for.
type Sweep struct {
	Bazel      string // the binary; "" is bazel
	OutputBase string // the folder of the sweeps' own; "" is in the cache
	Memory     string
	Runs       int
	Warmup     int
	Modes      []string
	Targets    []string // and flags
	Startup    []string
	Precision  string
	Budget     int
	Timeout    string // a Go duration; "" is by the builds so far
	HeapDumps  string
}

// Severity is the severity that a finding with that code has now; Off is none.
func (s *Settings) Severity(code string) codes.Severity {
	if !s.Diagnostics {
		return codes.Off
	}
	if own, ok := s.Severities[code]; ok {
		return own
	}
	doc, ok := codes.Lookup(code)
	if !ok {
		return codes.Off
	}
	return doc.Severity
}

// A Setting is one row of the table.
type Setting struct {
	// Key is the whole key, "starlarkMemls.codeLens.enable".
	Key string
	// Type is JSON Schema's: boolean, number, integer, string, array, object.
	Type    string
	Default any
	Enum    []string // the values, for a string, or an object's values
	Minimum *float64
	// Doc is Markdown, one paragraph.
	Doc string
	// Trusted: ignored in a workspace that is not trusted.
	Trusted bool
	// EditorOnly: read by the editor's extension, not by the server.
	EditorOnly bool

	set func(*Settings, json.RawMessage) error
}

// Table lists every setting in the order of the documentation.
func Table() []Setting {
	zero, one := 0.0, 1.0
	severities := []string{"error", "warning", "information", "hint", "off"}
	return []Setting{
		boolean("codeLens.enable", true, "Show a code lens above each suspect: its rank, crashes, bytes and garbage collections.",
			func(s *Settings) *bool { return &s.CodeLens }),
		number("codeLens.minScore", 0.3, &zero, "The lowest score, from 0 to 1, that gets a lens, such as `0.3`. A function on a crash's stack always has one.",
			func(s *Settings) *float64 { return &s.MinScore }),
		boolean("inlayHints.enable", true, "Show inlay hints: the sizes of a crash's variables after their names, and bytes and crashes at the end of a line.",
			func(s *Settings) *bool { return &s.InlayHints }),
		integer("inlayHints.minBytes", 1<<20, &zero, "The smallest size in bytes that gets a hint, such as `1048576` (1 MiB).",
			func(s *Settings) *int64 { return &s.MinBytes }),
		boolean("hover.enable", true, "Show the evidence on hover.",
			func(s *Settings) *bool { return &s.Hover }),

		boolean("diagnostics.enable", true, "Show findings as diagnostics: crashes, memory hotspots, garbage collection.",
			func(s *Settings) *bool { return &s.Diagnostics }),
		boolean("lint.enable", true, "Show what makes the heap grow, found in the sources without a build ([checks](checks.md)): as hints, or as warnings with bytes where a measurement confirms them. In a workspace of more than 3,000 .bzl files they run on the command line alone (`starlark-memls lint`).",
			func(s *Settings) *bool { return &s.Lint }),
		severitySetting(severities),
		integer("diagnostics.hotspot.minRetainedBytes", 64<<20, &zero, "The smallest number of retained bytes that makes a function a memory hotspot (ML003).",
			func(s *Settings) *int64 { return &s.HotspotRetainedBytes }),
		integer("diagnostics.hotspot.minAllocatedBytes", 512<<20, &zero, "The smallest number of allocated bytes that makes a function a memory hotspot (ML003).",
			func(s *Settings) *int64 { return &s.HotspotAllocatedBytes }),
		number("diagnostics.gcPressure.minRateRatio", 2, &one, "Report a function (ML004) if its rate of garbage collections is at least this many times that of the rest of the build.",
			func(s *Settings) *float64 { return &s.GCRateRatio }),
		integer("diagnostics.gcPressure.minEvents", 20, &one, "Report a function (ML004) only if at least this many garbage collections happened in it.",
			func(s *Settings) *int { return &s.GCMinEvents }),
		deliverySetting(),

		boolean("autoDetect.enable", true, "Find the workspace's output base and read what the last build left there, on start and whenever a build ends. Bazel is never started.",
			func(s *Settings) *bool { return &s.AutoDetect }),
		trusted(text("outputBase", "", "The output base, if it cannot be found by the `bazel-*` links, the rc files or Bazel's default place.",
			func(s *Settings) *string { return &s.OutputBase })),
		trusted(measurementsSetting()),
		integer("autoDetect.maxProfileBytes", measurement.UnaskedBytes, &zero, "A profile larger than this is read only after you confirm it.",
			func(s *Settings) *int64 { return &s.MaxProfileBytes }),
		integer("heapDump.maxSeconds", 600, &zero, "Time limit in seconds for finding out who holds the memory in the last crash's heap dump; it runs in the background. `0`: read only the stacks.",
			func(s *Settings) *int { return &s.HeapSeconds }),
		integer("heapDump.maxMemoryBytes", 4<<30, &zero, "Memory limit for reading a heap dump, in bytes. `0`: no limit.",
			func(s *Settings) *int64 { return &s.HeapMemoryBytes }),
		integer("autoDetect.pollSeconds", 10, &one, "How often to look at the output base, in seconds, where the system does not report changes.",
			func(s *Settings) *int { return &s.PollSeconds }),

		boolean("notifications.enable", true, "Show a message when a build has just died of memory.",
			func(s *Settings) *bool { return &s.Notify }),
		boolean("notifications.actions", false, "Offer buttons in that message. Some editors block until they are answered.",
			func(s *Settings) *bool { return &s.NotifyActions }),

		trusted(boolean("gauge", true, "Show the heap of this workspace's running Bazel server, and a message when it is about to run out of memory. It is read from the JVM's own counters, which does not disturb the server. There is no gauge where `autoDetect.enable` is off, or in a workspace that is not trusted.",
			func(s *Settings) *bool { return &s.Gauge })),
		trusted(askServerSetting()),

		editor("bars.enable", "boolean", false, "Show the evidence as bars behind the lines instead of above them: a wider bar is stronger evidence, and no line moves. Switch `codeLens.enable` off with it."),
		trusted(text("bazel.executable", "", "Bazel's binary, for sweeps; a relative path is in the workspace. If empty: vscode-bazel's `bazel.executable`, else `bazel` in `PATH`.",
			func(s *Settings) *string { return &s.Sweep.Bazel })),
		text("sweep.memory", "150m:600m:50m", "The memory limits of a sweep: `from:to:step`, or a list `150m,200m,400m`.",
			func(s *Settings) *string { return &s.Sweep.Memory }),
		integer("sweep.runs", 3, &one, "How often a sweep builds under each limit.",
			func(s *Settings) *int { return &s.Sweep.Runs }),
		integer("sweep.warmup", 1, &zero, "How many builds to run first, to fetch and to fill caches.",
			func(s *Settings) *int { return &s.Sweep.Warmup }),
		words("sweep.mode", []string{"regular"}, "How much of a build a sweep runs: `regular`, `nobuild` (analysis only), `skymeld` (Bazel 5 and later). Several are interleaved.",
			func(s *Settings) *[]string { return &s.Sweep.Modes }),
		trusted(words("sweep.targets", []string{"//..."}, "The targets and flags that a sweep builds, such as `[\"//app/...\", \"--config=ci\"]`.",
			func(s *Settings) *[]string { return &s.Sweep.Targets })),
		trusted(words("sweep.startup", []string{}, "Bazel's startup options in a sweep.",
			func(s *Settings) *[]string { return &s.Sweep.Startup })),
		text("sweep.precision", "5%", "The search for the limit ends when the limit at which half of the builds crash is known to this precision, such as `5%`.",
			func(s *Settings) *string { return &s.Sweep.Precision }),
		integer("sweep.budget", 25, &one, "The search for the limit ends after so many builds.",
			func(s *Settings) *int { return &s.Sweep.Budget }),
		text("sweep.timeout", "", "The time limit of one build, such as `10m`. If empty: 10 minutes until one has passed, then ten times the slowest that passed.",
			func(s *Settings) *string { return &s.Sweep.Timeout }),
		heapDumpsSetting(),
		trusted(text("sweep.outputBase", "", "A folder in which the sweeps' own output bases are made. If empty: in the user's cache. Your own output base is never used.",
			func(s *Settings) *string { return &s.Sweep.OutputBase })),
		trusted(editor("server.path", "string", "", "The server's binary. If empty: the bundled one, else the one in `PATH`.")),
		trusted(editor("server.args", "array", []string{"serve"}, "The server's arguments.")),
		trusted(editor("server.env", "object", map[string]string{}, "Variables added to the server's environment.")),
		{Key: Section + ".trace.server", Type: "string", Default: "off", Enum: []string{"off", "messages", "verbose"},
			Doc: "Log the messages between the editor and the server.", EditorOnly: true},
	}
}

// Default are the table's defaults.
func Default() Settings {
	var s Settings
	for _, row := range Table() {
		if row.set == nil {
			continue
		}
		value, err := json.Marshal(row.Default)
		if err == nil {
			err = row.set(&s, value)
		}
		if err != nil {
			panic(fmt.Sprintf("default of %s: %v", row.Key, err)) // the table is wrong: a test sees to it
		}
	}
	return s
}

// From returns the settings with a client's JSON laid over the defaults, and a
// line for each value that could not be used.
func From(value json.RawMessage, isTrusted bool) (Settings, []string) {
	s := Default()
	var problems []string
	values := map[string]json.RawMessage{}
	if len(value) > 0 && string(value) != "null" {
		var tree map[string]json.RawMessage
		if err := json.Unmarshal(value, &tree); err != nil {
			return s, []string{"the settings are not a JSON object: the defaults are used"}
		}
		if inner, ok := tree[Section]; ok {
			var section map[string]json.RawMessage
			if json.Unmarshal(inner, &section) == nil {
				delete(tree, Section)
				flatten("", section, values)
			}
		}
		flatten("", tree, values)
	}
	for _, row := range Table() {
		given, ok := values[strings.TrimPrefix(row.Key, Section+".")]
		if !ok || row.set == nil || string(given) == "null" || row.Trusted && !isTrusted {
			continue
		}
		if err := row.set(&s, given); err != nil {
			problems = append(problems, fmt.Sprintf("setting %s: %v: the default is used", row.Key, err))
		}
	}
	return s, problems
}

// flatten collects the values of a tree by dotted key, without the section's
// name. Inner objects are kept whole as well, for settings that are objects.
func flatten(prefix string, tree, into map[string]json.RawMessage) {
	for key, value := range tree {
		full := strings.TrimPrefix(prefix+key, Section+".")
		into[full] = value
		var inner map[string]json.RawMessage
		if json.Unmarshal(value, &inner) == nil {
			flatten(full+".", inner, into)
		}
	}
}

func row(key, typ string, def any, doc string, set func(*Settings, json.RawMessage) error) Setting {
	return Setting{Key: Section + "." + key, Type: typ, Default: def, Doc: doc, set: set}
}

// into makes a setter out of a field: the value must have the field's type.
func into[T any](field func(*Settings) *T, want string, ok func(T) bool) func(*Settings, json.RawMessage) error {
	return func(s *Settings, raw json.RawMessage) error {
		var v T
		if err := json.Unmarshal(raw, &v); err != nil || ok != nil && !ok(v) {
			return fmt.Errorf("%s is not %s", abridged(raw), want)
		}
		*field(s) = v
		return nil
	}
}

func abridged(raw json.RawMessage) string {
	if len(raw) > 60 {
		return string(raw[:57]) + "…"
	}
	return string(raw)
}

func boolean(key string, def bool, doc string, field func(*Settings) *bool) Setting {
	return row(key, "boolean", def, doc, into(field, "true or false", nil))
}

func text(key, def, doc string, field func(*Settings) *string) Setting {
	return row(key, "string", def, doc, into(field, "a string", nil))
}

func words(key string, def []string, doc string, field func(*Settings) *[]string) Setting {
	return row(key, "array", def, doc, into(field, "an array of strings", nil))
}

func number(key string, def float64, minimum *float64, doc string, field func(*Settings) *float64) Setting {
	r := row(key, "number", def, doc, into(field, fmt.Sprintf("a number from %v", *minimum), func(v float64) bool { return v >= *minimum }))
	r.Minimum = minimum
	return r
}

func integer[T int | int64](key string, def T, minimum *float64, doc string, field func(*Settings) *T) Setting {
	r := row(key, "integer", def, doc, into(field, fmt.Sprintf("a whole number from %v", *minimum), func(v T) bool { return float64(v) >= *minimum }))
	r.Minimum = minimum
	return r
}

func trusted(r Setting) Setting {
	r.Trusted = true
	return r
}

func editor(key, typ string, def any, doc string) Setting {
	return Setting{Key: Section + "." + key, Type: typ, Default: def, Doc: doc, EditorOnly: true}
}

func severitySetting(values []string) Setting {
	r := row("diagnostics.severity", "object", map[string]string{},
		"Severities by code, as `{\"ML003\": \"warning\"}`. `off` switches one off.",
		func(s *Settings, raw json.RawMessage) error {
			var given map[string]string
			if err := json.Unmarshal(raw, &given); err != nil {
				return fmt.Errorf("%s is not an object of strings", abridged(raw))
			}
			chosen := map[string]codes.Severity{}
			for code, name := range given {
				severity, ok := codes.ParseSeverity(name)
				if _, known := codes.Lookup(code); !ok || !known {
					return fmt.Errorf("%s: %s (codes are %s; severities %s)", code, name,
						strings.Join(codes.Names(), ", "), strings.Join(values, ", "))
				}
				chosen[code] = severity
			}
			s.Severities = chosen
			return nil
		})
	r.Enum = values
	return r
}

func deliverySetting() Setting {
	values := []string{"push", "pull"}
	r := row("diagnostics.delivery", "string", "push",
		"`push` sends findings for all files as they come; `pull` waits for the editor to ask. Read once, from the initialization options.",
		func(s *Settings, raw json.RawMessage) error {
			var v string
			if err := json.Unmarshal(raw, &v); err != nil || !slices.Contains(values, v) {
				return fmt.Errorf("%s is not one of %s", abridged(raw), strings.Join(values, ", "))
			}
			s.Pull = v == "pull"
			return nil
		})
	r.Enum = values
	return r
}

func measurementsSetting() Setting {
	return words("measurements.paths", []string{},
		"Measurement folders, series folders or bare files to load on start besides the last build; relative ones are in the workspace.",
		func(s *Settings) *[]string { return &s.Measurements })
}

func askServerSetting() Setting {
	values := []string{AskFirst, AskWhenDying, AskNever}
	r := row("askServer", "string", AskFirst,
		"Whether to ask the running server who holds its memory, which stops it for some seconds. `ask`: only when you confirm it; `whenDying`: also without asking you when the server is about to run out of memory; `never`. A workspace that is not trusted is never asked.",
		into(func(s *Settings) *string { return &s.AskServer }, "one of "+strings.Join(values, ", "),
			func(v string) bool { return slices.Contains(values, v) }))
	r.Enum = values
	return r
}

func heapDumpsSetting() Setting {
	values := []string{string(measurement.SummariseHeapDumps), string(measurement.KeepHeapDumps), string(measurement.LinkHeapDumps), string(measurement.NoHeapDumps)}
	r := row("sweep.heapDumps", "string", values[0],
		"What becomes of the heap dumps of a sweep's crashes: `summarise` (and delete), `keep`, `link` (beside the output base) or `none`.",
		into(func(s *Settings) *string { return &s.Sweep.HeapDumps }, "one of "+strings.Join(values, ", "),
			func(v string) bool { return slices.Contains(values, v) }))
	r.Enum = values
	return r
}

// Overlaid is one JSON object out of two, later keys winning, with the
// section's own object opened.
func Overlaid(first, second json.RawMessage) json.RawMessage {
	out := map[string]json.RawMessage{}
	for _, raw := range []json.RawMessage{first, second} {
		var tree map[string]json.RawMessage
		if json.Unmarshal(raw, &tree) != nil {
			continue
		}
		if inner, ok := tree[Section]; ok {
			var section map[string]json.RawMessage
			if json.Unmarshal(inner, &section) == nil {
				delete(tree, Section)
				flatten("", section, out)
			}
		}
		flatten("", tree, out)
	}
	merged, err := json.Marshal(out)
	if err != nil {
		return second
	}
	return merged
}
