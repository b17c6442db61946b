// SPDX-License-Identifier: Apache-2.0

// Package doctor looks at what starlark-memls would work with in a workspace,
// and says what to do about what is not there. It reads files and asks the
// Bazel client for its version, which starts no server.
package doctor

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"example.invalid/starlark-memls/internal/bazel/outputbase"
	"example.invalid/starlark-memls/internal/bazel/trace"
	"example.invalid/starlark-memls/internal/input"
	"example.invalid/starlark-memls/internal/measurement"
	"example.invalid/starlark-memls/internal/quantity"
	"example.invalid/starlark-memls/starlark"
)

// A State says how good a finding is.
type State string

// The states: it serves; it serves with less; it is not there. Died is of a build.
const (
	Died    State = "died"
	Good    State = "ok"
	Limited State = "limited"
	Missing State = "missing"
)

// A Check is one thing that was looked at.
type Check struct {
	What   string
	State  State
	Found  string // what is there
	Advice string // what to do, where the state is not Good
}

// Examine looks at everything for the workspace at root; that its last build died
// comes first. armed says whether the running server of an output base was told to
// leave a heap dump, which its files do not say.
func Examine(ctx context.Context, root string, env outputbase.Environment, armed func(outputBase string) bool) []Check {
	findings := []Check{sources(ctx, root), bazel(ctx, root)}
	base, tried, err := outputbase.Find(root, env)
	if err != nil {
		var looked []string
		for _, t := range tried {
			looked = append(looked, t.String())
		}
		return append(findings, Check{"output base", Missing, strings.Join(looked, "; "),
			"build once in this workspace, or give report the paths of the files"})
	}
	died, ok := lastBuild(ctx, base)
	if ok {
		findings = slices.Insert(findings, 0, died)
	}
	return append(findings, place(base, tried), server(base, ok, base.Server.Alive && armed(base.Dir)), lastCommand(base), lastProfile(ctx, base), dumps(base))
}

// lastBuild says that the last build died; ok is false where it did not, or that
// is not known.
func lastBuild(ctx context.Context, base *outputbase.OutputBase) (f Check, ok bool) {
	last, _, err := measurement.FromOutputBase(ctx, base)
	if err != nil {
		return f, false
	}
	d, err := measurement.DescribeWithin(ctx, last, measurement.UnaskedBytes)
	if err != nil || !d.Status.Crashed() {
		return f, false
	}
	f = Check{What: "last build", State: Died, Found: strings.ReplaceAll(string(d.Status), "_", " "), Advice: "starlark-memls report says who is to blame"}
	if d.MemoryLimitBytes > 0 {
		f.Found += " under " + quantity.Bytes(d.MemoryLimitBytes)
	}
	if !d.End.IsZero() {
		f.Found += ", " + d.End.Local().Format(time.DateTime)
	}
	return f, true
}

func sources(ctx context.Context, root string) Check {
	f := Check{What: "workspace"}
	ws, err := starlark.Load(ctx, root, starlark.LoadOptions{})
	if err != nil {
		f.State, f.Found, f.Advice = Missing, err.Error(), "name the workspace's folder"
		return f
	}
	files, definitions := map[string]bool{}, 0
	for d := range ws.Definitions() {
		files[d.File] = true
		definitions++
	}
	f.State, f.Found = Good, fmt.Sprintf("%s: %d definitions in %d files", ws.Root(), definitions, len(files))
	switch problems := ws.Problems(); {
	case definitions == 0:
		f.State, f.Advice = Missing, "there is no Starlark file here: name the workspace's folder"
	case len(problems) > 0:
		f.State = Limited
		f.Advice = fmt.Sprintf("%d problems, the first: %s", len(problems), problems[0])
	}
	return f
}

// versionTimeout bounds `bazel --version`: a wrapper may want to download.
const versionTimeout = 20 * time.Second

func bazel(ctx context.Context, root string) Check {
	f := Check{What: "bazel"}
	path, err := exec.LookPath("bazel")
	if err != nil {
		path, err = exec.LookPath("bazelisk")
	}
	if err != nil {
		f.State, f.Found = Missing, "neither bazel nor bazelisk on PATH"
		f.Advice = "only sweep needs it; everything else reads files"
		return f
	}
	ctx, cancel := context.WithTimeout(ctx, versionTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, "--version")
	cmd.Dir = root
	out, err := cmd.Output()
	version := strings.TrimSpace(string(out))
	switch {
	case err != nil:
		f.State, f.Found = Limited, fmt.Sprintf("%s, whose version is not known: %v", path, err)
		f.Advice = "run bazel --version here to see why"
	case strings.HasSuffix(version, "no_version"):
		f.State, f.Found = Good, path+", which was built without a version number: sweep tests which flags it knows"
	default:
		f.State, f.Found = Good, fmt.Sprintf("%s, %s", path, version)
	}
	return f
}

func place(base *outputbase.OutputBase, tried []outputbase.Tried) Check {
	f := Check{What: "output base", State: Good, Found: tried[len(tried)-1].String()}
	if len(base.Warnings) > 0 {
		f.State, f.Advice = Limited, base.Warnings[0]
	}
	return f
}

// server tells of the server that runs, or ran last. One that ends by itself takes
// the file with its process id away; its command line and its log stay.
func server(base *outputbase.OutputBase, died, armed bool) Check {
	f := Check{What: "server", State: Good}
	s := base.Server
	pid := s.PID
	if pid == 0 && len(base.JavaLogs) > 0 {
		pid = base.JavaLogs[0].ServerPID
	}
	who := "the last one"
	if pid != 0 {
		who = fmt.Sprintf("process %d", pid)
	}
	switch {
	case s.Alive:
		f.Found = who + " is running"
	case pid == 0 && len(s.JVMFlags) == 0 && base.CommandLog == nil:
		f.Found = "no server was started here"
		return f
	case died:
		f.Found = who + " died"
	default:
		f.Found = who + " has ended"
	}
	if s.MaxHeapBytes > 0 {
		f.Found += fmt.Sprintf(", -Xmx%dm", s.MaxHeapBytes>>20)
	} else if len(s.JVMFlags) > 0 {
		f.Found += ", without -Xmx (the JVM then takes a quarter of the memory)"
	}
	switch {
	case armed:
		f.Found += "; it is armed: it will leave a heap dump if it runs out of memory"
	case len(s.JVMFlags) > 0 && !s.LeavesHeapDump():
		f.State = Limited
		f.Advice = "add to .bazelrc: startup --host_jvm_args=-XX:+HeapDumpOnOutOfMemoryError; the heap dump of a crash names the line and its variables"
		if s.Alive {
			f.Advice = "starlark-memls arm has it leave a heap dump if it runs out of memory; for those to come, " + f.Advice
		}
	}
	return f
}

func lastCommand(base *outputbase.OutputBase) Check {
	f := Check{What: "last command"}
	if base.CommandLog == nil {
		f.State, f.Found, f.Advice = Missing, "no command.log", "build once in this workspace"
		return f
	}
	f.State = Good
	f.Found = fmt.Sprintf("its console is of %s, %s", base.CommandLog.Modified.Local().Format(time.DateTime), quantity.Bytes(base.CommandLog.Bytes))
	return f
}

func lastProfile(ctx context.Context, base *outputbase.OutputBase) Check {
	f := Check{What: "last profile"}
	if len(base.Profiles) == 0 {
		f.State, f.Found = Missing, "none"
		f.Advice = "build with --generate_json_trace_profile (4.x: --experimental_generate_json_trace_profile)"
		return f
	}
	p := base.Profiles[0]
	f.Found = fmt.Sprintf("%s of %s, %s", filepath.Base(p.Path), p.Modified.Local().Format(time.DateTime), quantity.Bytes(p.Bytes))
	summary, err := readProfile(ctx, p.Path)
	if err != nil {
		f.State, f.Advice = Limited, err.Error()
		return f
	}
	f.State, f.Advice = Good, adviceOn(summary.Blind)
	if f.Advice != "" {
		f.State = Limited
	}
	return f
}

func readProfile(ctx context.Context, path string) (trace.ProfileSummary, error) {
	file, err := input.Open(ctx, path)
	if err != nil {
		return trace.ProfileSummary{}, err
	}
	defer file.Close()
	return trace.Read(ctx, file, func(*trace.Event) error { return nil })
}

// adviceOn says what would make the next profile see more; the worst
// blindness first.
func adviceOn(blind []trace.Blindness) string {
	for _, advice := range []struct {
		of   trace.Blindness
		text string
	}{
		{trace.BlindEmpty, "it is empty: the server died before anything was written; the other evidence is used"},
		{trace.BlindSlim, "short Starlark calls were merged away: build with --noslim_profile"},
		{trace.BlindCut, "it was cut when the server died; what was written is used"},
		{trace.BlindNoStarlark, "it has no Starlark call of 50 ms or more: build with --record_full_profiler_data to see the short ones"},
		{trace.BlindShortCalls, "it has no calls under 50 ms: --record_full_profiler_data records them, at some cost"},
	} {
		if slices.Contains(blind, advice.of) {
			return advice.text
		}
	}
	return ""
}

func dumps(base *outputbase.OutputBase) Check {
	f := Check{What: "heap dumps", State: Good, Found: "none"}
	if len(base.HeapDumps) == 0 {
		return f
	}
	var all bytes.Buffer
	for i, d := range base.HeapDumps {
		if i > 0 {
			all.WriteString("; ")
		}
		fmt.Fprintf(&all, "%s of %s, %s", filepath.Base(d.Path), d.Modified.Local().Format(time.DateTime), quantity.Bytes(d.Bytes))
	}
	f.Found = all.String()
	return f
}
