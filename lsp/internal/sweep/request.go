package sweep

import (
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"example.invalid/starlark-memls/internal/measure"
	"example.invalid/starlark-memls/internal/measure/threshold"
	"example.invalid/starlark-memls/lsp/internal/paths"
	"example.invalid/starlark-memls/lsp/internal/show"
	"example.invalid/starlark-memls/lsp/internal/wire"
	"example.invalid/starlark-memls/lsp/settings"
)

// Request holds the command line's options of sweep by name, where they
// make sense in an editor. Absent ones are as in the settings (filled), after
// which it says all that is needed to go on with an interrupted sweep.
type Request struct {
	Workspace   string   `json:"workspace,omitempty"`
	Out         string   `json:"out,omitempty"`
	FindLimit   bool     `json:"find-limit,omitempty"`
	Memory      string   `json:"memory,omitempty"`
	Runs        *int     `json:"runs,omitempty"`
	Warmup      *int     `json:"warmup,omitempty"`
	Mode        wordList `json:"mode,omitempty"`
	Args        wordList `json:"args,omitempty"`
	Targets     wordList `json:"targets,omitempty"` // before args
	Precision   share    `json:"precision,omitempty"`
	Budget      *int     `json:"budget,omitempty"`
	Jobs        *int     `json:"jobs,omitempty"`
	Shuffle     bool     `json:"shuffle,omitempty"`
	Seed        uint64   `json:"seed,omitempty"`
	Timeout     string   `json:"timeout,omitempty"`
	Startup     wordList `json:"startup,omitempty"`
	Bazel       string   `json:"bazel,omitempty"`
	OutputBase  string   `json:"output-base,omitempty"`
	HeapDumps   string   `json:"heap-dumps,omitempty"`
	EveryCall   bool     `json:"every-call,omitempty"`
	PhaseMemory bool     `json:"phase-memory,omitempty"`
	Allocations bool     `json:"allocations,omitempty"`
	RetryFailed bool     `json:"retry-failed,omitempty"`
}

// UnmarshalJSON takes no option that there is not: a misspelt one would cost
// hours of builds. Names may be written with _ as with -.
func (a *Request) UnmarshalJSON(raw []byte) error {
	type plain Request
	return wire.DecodeOptions(raw, (*plain)(a))
}

// A wordList is a list of words, or words with blanks between them.
type wordList []string

// UnmarshalJSON implements json.Unmarshaler.
func (l *wordList) UnmarshalJSON(raw []byte) error {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		*l = strings.Fields(text)
		return nil
	}
	return json.Unmarshal(raw, (*[]string)(l))
}

// A share is "5%", "0.05" or 0.05.
type share string

// UnmarshalJSON implements json.Unmarshaler.
func (s *share) UnmarshalJSON(raw []byte) error {
	var number json.Number
	if json.Unmarshal(raw, &number) == nil {
		*s = share(number)
		return nil
	}
	return json.Unmarshal(raw, (*string)(s))
}

// filled is the argument with what it leaves open as in the settings, and
// paths absolute, relative ones being in the workspace at root.
func (a Request) filled(settings settings.Sweep, root string) Request {
	one := 1
	if a.Memory == "" && !a.FindLimit {
		a.Memory = settings.Memory
	}
	a.Runs = or(a.Runs, &settings.Runs)
	a.Warmup = or(a.Warmup, &settings.Warmup)
	a.Budget = or(a.Budget, &settings.Budget)
	a.Jobs = or(a.Jobs, &one)
	a.Mode = orWords(a.Mode, settings.Modes)
	a.Args, a.Targets = orWords(append(slices.Clip(a.Targets), a.Args...), settings.Targets), nil
	a.Startup = orWords(a.Startup, settings.Startup)
	a.Precision = share(orText(string(a.Precision), settings.Precision))
	a.Timeout = orText(a.Timeout, settings.Timeout)
	a.HeapDumps = orText(a.HeapDumps, settings.HeapDumps)
	a.Bazel = orText(a.Bazel, settings.Bazel, "bazel")
	if strings.ContainsAny(a.Bazel, `/\`) {
		a.Bazel = paths.FromArgument(a.Bazel, root)
	}
	if a.OutputBase = orText(a.OutputBase, settings.OutputBase); a.OutputBase != "" {
		a.OutputBase = paths.FromArgument(a.OutputBase, root)
	}
	if a.Out != "" {
		a.Out = paths.FromArgument(a.Out, root)
	}
	a.Workspace = root
	return a
}

func or(given, otherwise *int) *int {
	if given != nil {
		return given
	}
	v := *otherwise
	return &v
}

func orText(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

func orWords(given wordList, otherwise []string) wordList {
	if len(given) > 0 {
		return given
	}
	return wordList(otherwise)
}

// A job is a request that was checked: what is to be run, and what to
// give to go on with it.
type job struct {
	argument Request
	folder   show.FolderID
	sweep    *measure.Sweep
	search   *measure.Search // nil where the limits are given
}

// sweepJob checks a request as far as that can be done without a Bazel.
func (s *Runner) Job(view *show.Snapshot, a Request) (*job, error) {
	if !s.Trusted {
		return nil, errors.New("this workspace is not trusted: Bazel is not run in it")
	}
	f := view.FolderArgument(paths.FromArgument(a.Workspace, ""))
	if f == nil {
		return nil, errors.New("no workspace is open; open a folder with a MODULE.bazel or WORKSPACE, or a file in one")
	}
	a = a.filled(view.Settings.Sweep, filepath.FromSlash(f.Root))
	if a.Out == "" {
		a.Out = s.sweepFolder(f.Root, time.Now())
	}
	if a.OutputBase == "" {
		a.OutputBase = measure.OwnOutputBase(s.CacheDir, a.Workspace)
	}
	if f.Observed != nil && f.Observed.OutputBase != "" && paths.Below(paths.Canonical(a.OutputBase), f.Observed.OutputBase) {
		return nil, fmt.Errorf("%s is the workspace's own output base: a sweep needs another one", a.OutputBase)
	}
	job := &job{argument: a, folder: f.ID}
	var err error
	if job.sweep, err = a.sweep(); err == nil {
		err = job.prepare()
	}
	if err != nil {
		return nil, wire.InvalidParams("%v", err)
	}
	if _, err := exec.LookPath(a.Bazel); err != nil {
		return nil, fmt.Errorf("%s: no such program; install Bazel or name it in the setting %s.bazel.executable", a.Bazel, settings.Section)
	}
	return job, nil
}

// sweepFolder is where a sweep's measurements lie if nobody says: in the
// user's cache, by workspace and time.
func (s *Runner) sweepFolder(root string, now time.Time) string {
	return filepath.Join(s.CacheDir, "sweeps", fmt.Sprintf("%016x", show.StableHash(root)), now.Format("2006-01-02-150405.000"))
}

// sweep makes the sweep of a filled argument.
func (a Request) sweep() (*measure.Sweep, error) {
	switch {
	case *a.Runs < 1 || *a.Jobs < 1 || *a.Budget < 1:
		return nil, errors.New("runs, jobs and budget are at least 1")
	case *a.Warmup < 0:
		return nil, errors.New("warmup cannot be negative")
	}
	s := &measure.Sweep{Out: a.Out, Runs: *a.Runs, Warmups: *a.Warmup, Jobs: *a.Jobs, Shards: 1, Seed: a.Seed, RetryFailed: a.RetryFailed,
		Options: measure.Options{Args: a.Args, EveryCall: a.EveryCall, PhaseMemory: a.PhaseMemory, Allocations: a.Allocations},
		Bazel:   measure.Bazel{Path: a.Bazel, Workspace: a.Workspace, Startup: a.Startup, OutputBase: a.OutputBase}}
	if a.Shuffle && s.Seed == 0 {
		s.Seed = 1
	}
	var err error
	if s.HeapDumps, err = measure.ParseHeapDumps(a.HeapDumps); err != nil {
		return nil, err
	}
	if s.Modes, err = measure.ParseModes(strings.FieldsFunc(strings.Join(a.Mode, ","), func(r rune) bool { return r == ',' })); err != nil {
		return nil, err
	}
	if a.Timeout != "" {
		if s.Timeout, err = time.ParseDuration(a.Timeout); err != nil || s.Timeout < 0 {
			return nil, fmt.Errorf("timeout %q: a time such as 10m or 90s", a.Timeout)
		}
	}
	s.Limits = measure.DefaultSpan() // of a search that is given none
	if a.Memory != "" {
		s.Limits, err = measure.ParseLimits(a.Memory)
	}
	return s, err
}

// prepare checks the sweep, or makes and checks the search.
func (j *job) prepare() error {
	if !j.argument.FindLimit {
		return j.sweep.Check()
	}
	if len(j.sweep.Modes) != 1 || j.sweep.Jobs > 1 {
		return errors.New("looking for the limit takes one mode and one job: each limit depends on the builds before")
	}
	precision, err := measure.ParsePrecision(string(j.argument.Precision))
	if err != nil {
		return err
	}
	s := j.sweep
	j.search = &measure.Search{Options: s.Options, Bazel: s.Bazel, Out: s.Out, Mode: s.Modes[0],
		Range:     threshold.Range{LowBytes: slices.Min(s.Limits), HighBytes: slices.Max(s.Limits)},
		StepBytes: measure.LimitStep, Precision: precision, Budget: *j.argument.Budget}
	return j.search.Check()
}

// planned is how many builds are planned at most, and how many of these are
// done already.
func (j *job) planned() (of, done int) {
	if j.search != nil {
		return j.search.Budget, 0 // what lies there counts against it
	}
	plan := j.sweep.Plan()
	for _, p := range plan {
		if p.Done {
			done++
		}
	}
	return len(plan), done
}

// command is the one that the job belongs to.
func (j *job) command() string {
	if j.search != nil {
		return show.CommandFindLimit
	}
	return show.CommandSweep
}
