// SPDX-License-Identifier: Apache-2.0

package measurement

import (
	"context"
	"path/filepath"
	"slices"
	"time"

	"example.invalid/starlark-memls/internal/bazel/console"
	"example.invalid/starlark-memls/internal/bazel/outputbase"
)

// An output base is one place that many builds write to, each leaving another
// part of its predecessors' evidence in place (seen on 4.2.3, all of it in
// testdata/outputbase.txtar):
//
//   - every command, `bazel info` included, writes command.log anew;
//   - every command that loads packages writes the profile anew, `bazel query`
//     included; a server that dies under heavy load leaves 10 bytes of it;
//   - failure_detail.rawproto is written by a crash and stays, through later
//     builds that pass and through later crashes that do not get to it;
//   - heap dumps stay until somebody deletes them;
//   - the servers' logs stay, and tell which command ran when.
//
// So a file is never taken as evidence because it is there. The servers' logs
// give the commands, and each file goes to one of them: by the invocation id
// where it has one, a dump by its server's id, everything else by its time,
// which lies between a command's start and the next command's. What goes to
// none is an older leftover under its own time.
//
// The state of the last build is that of the last command that analysed
// something (build, test, run, cquery, …), or of a later one of any kind that
// crashed. `bazel info`, `query` or `dump` after a crash take nothing back,
// though they take the log: LaterCommand then says so. A later build that
// passes does: its crash-free evidence is current, the crash is older.
//
// A command may be missing from the log of a server that was killed: see
// unlogged.go. Where there are no server logs (somebody cleaned up, or a version logs
// otherwise), see fallback.go.

// analysing are the commands that analyse targets, so that their passing says
// that the fault is gone.
var analysing = []string{"build", "test", "run", "coverage", "cquery", "aquery", "mobile-install", "print_action"}

// unknownCommand stands for a command that is known by its console alone.
const unknownCommand = "…"

// slack is how far a file's time may lie before its command's first line in
// the log: the profile and the log are opened while the command is set up,
// and clocks of file systems are coarse.
const slack = 2 * time.Second

// told is what the place says of a build besides its parts.
type told struct {
	crashed      bool
	died         bool // the server is gone and the command never finished
	running      bool // the command may still be under way
	interrupted  bool // the client asked for its end
	elsewhere    bool // the folder is a copy: its server ran on another machine
	finished     bool // it came to its end, and no error was logged
	exitName     string
	maxHeapBytes int64
	serverPID    int
	start, last  time.Time
	workspace    string
	outputBase   string
}

// FromOutputBase divides what lies in an output base by the build it belongs
// to. current is the state of the last build; older are leftovers of earlier
// ones that crashed, newest first, each with Older set and its time. current
// has no parts where no build has left any; its LaterCommand then tells what
// command.log is of. The error is the context's.
func FromOutputBase(ctx context.Context, ob *outputbase.OutputBase) (current Measurement, older []Measurement, err error) {
	history, err := ob.History(ctx)
	if err != nil {
		return Measurement{}, nil, err
	}
	if len(history) == 0 {
		return withoutHistory(ctx, ob)
	}
	settle(ctx, ob, history)
	missing, said, isBuild, err := unlogged(ctx, ob, history)
	if err != nil {
		return Measurement{}, nil, err
	}
	last := lastBuild(history)
	if missing != nil {
		history = append(history, *missing)
		if isBuild {
			last = len(history) - 1
		}
	}
	d := divide(ob, history)
	if said != nil {
		d.logs = map[string]*console.Log{ob.CommandLog.Path: said}
	}
	for i := range history {
		if i == last || !d.crashed(i) || len(d.parts[i]) == 0 {
			continue
		}
		older = append(older, d.measurement(ctx, i, true))
	}
	older = append(older, d.leftovers...)
	slices.SortStableFunc(older, func(a, b Measurement) int { return b.Ended.Compare(a.Ended) })
	if last < 0 {
		current = d.blank()
		return current, older, nil
	}
	current = d.measurement(ctx, last, false)
	if newest := len(history) - 1; newest > last {
		current.LaterCommand = history[newest].Command
		if current.LaterCommand == "" {
			current.LaterCommand = unknownCommand
		}
		current.Warnings = append(current.Warnings, "command.log is of a later command (bazel "+current.LaterCommand+"): this build's own console is gone")
	}
	return current, older, nil
}

// settle marks a command as finished whose end is not in the log and whose
// profile was closed in order.
func settle(ctx context.Context, ob *outputbase.OutputBase, history []outputbase.Invocation) {
	for i := range history {
		inv := &history[i]
		if inv.Finished || inv.Crashed || inv.ID == "" {
			continue
		}
		for _, p := range ob.Profiles {
			if p.InvocationID == inv.ID && ProfileClosed(ctx, p.Path) {
				inv.Finished = true
				if p.Modified.After(inv.LastSeen) {
					inv.LastSeen = p.Modified
				}
			}
		}
	}
}

// lastBuild is the invocation whose state is that of the workspace, or -1.
func lastBuild(history []outputbase.Invocation) int {
	for i := len(history) - 1; i >= 0; i-- {
		if history[i].Crashed || slices.Contains(analysing, history[i].Command) {
			return i
		}
	}
	return -1
}

// division is the files of an output base by invocation.
type division struct {
	ob        *outputbase.OutputBase
	history   []outputbase.Invocation
	parts     []map[Part][]string
	leftovers []Measurement
	logs      map[string]*console.Log // that were read
}

func divide(ob *outputbase.OutputBase, history []outputbase.Invocation) *division {
	d := &division{ob: ob, history: history, parts: make([]map[Part][]string, len(history))}
	for _, p := range ob.Profiles {
		i := d.byID(p.InvocationID)
		if i < 0 {
			i = d.byTime(p.Modified)
		}
		d.give(i, Profile, p.SeenFile, false)
	}
	if ob.CommandLog != nil {
		d.give(d.byTime(ob.CommandLog.Modified), Console, *ob.CommandLog, false)
	}
	if ob.FailureDetail != nil {
		d.give(d.byTime(ob.FailureDetail.Modified), FailureDetail, *ob.FailureDetail, true)
	}
	for _, dump := range ob.HeapDumps {
		d.give(d.ofDump(dump), HeapDump, dump.SeenFile, true)
	}
	if ob.JVMOut != nil && ob.JVMOut.Bytes > 0 {
		// The server's own words: of a server that died, they are the last.
		if i := d.byTime(ob.JVMOut.Modified); i >= 0 && history[i].ServerPID == ob.Server.PID && d.crashed(i) {
			d.give(i, Console, *ob.JVMOut, false)
		}
	}
	return d
}

// byID is the invocation of an id, or -1.
func (d *division) byID(id string) int {
	if id == "" {
		return -1
	}
	return slices.IndexFunc(d.history, func(inv outputbase.Invocation) bool { return inv.ID == id })
}

// byTime is the command that was the last to start when a file was written,
// or -1 for a file older than all of them.
func (d *division) byTime(t time.Time) int {
	for i := len(d.history) - 1; i >= 0; i-- {
		start := d.history[i].Start
		// Commands can follow each other faster than slack: the file of the
		// earlier one must not go to the later.
		early := slack
		if i > 0 {
			early = min(slack, start.Sub(d.history[i-1].LastSeen)/2)
		}
		if !t.Before(start.Add(-max(early, 0))) {
			return i
		}
	}
	return -1
}

// ofDump is the invocation that a heap dump is of: by id, or the one that its
// server was at when it was written.
func (d *division) ofDump(dump outputbase.HeapDump) int {
	if i := d.byID(dump.InvocationID); i >= 0 {
		return i
	}
	i := d.byTime(dump.Modified)
	if i >= 0 && dump.ServerPID != 0 && d.history[i].ServerPID != dump.ServerPID {
		return -1
	}
	return i
}

// give files a part under its invocation. What belongs to none is a leftover,
// if it is evidence of a crash by its nature.
func (d *division) give(i int, part Part, file outputbase.SeenFile, crash bool) {
	if i >= 0 {
		if d.parts[i] == nil {
			d.parts[i] = map[Part][]string{}
		}
		d.parts[i][part] = append(d.parts[i][part], file.Path)
		return
	}
	if !crash {
		return
	}
	d.leftovers = append(d.leftovers, leftover(d.ob, part, file))
}

// leftover is a file of a crash that no known command is tied to.
func leftover(ob *outputbase.OutputBase, part Part, file outputbase.SeenFile) Measurement {
	return Measurement{Path: file.Path, Series: ob.Dir, Parts: map[Part][]string{part: {file.Path}},
		Ended: file.Modified, Older: true, told: &told{workspace: ob.Workspace, outputBase: ob.Dir},
		Warnings: []string{filepath.Base(file.Path) + " is a leftover of an earlier crash; nothing tells of which build"}}
}

// crashed reports whether an invocation crashed: its crash handler ran, or it
// never finished and its server is gone.
func (d *division) crashed(i int) bool { return d.history[i].Crashed || d.died(i) }

// died: under way when its server went, without a crash handler. The last
// lines of a log can be missing from a server that was killed right after a
// command; where a console says how that ended, the console decides.
func (d *division) died(i int) bool {
	command := d.history[i].Command
	if d.ob.Copied || d.history[i].Interrupted {
		return false // of a server elsewhere nothing is known; an end that was asked for is no death
	}
	return d.open(i) && !d.alive(i) && (command == "" || slices.Contains(analysing, command))
}

// open: nothing says that the command came to its end. A server runs one
// command at a time, so a later one of the same server says so, too.
func (d *division) open(i int) bool {
	inv := d.history[i]
	last := i+1 == len(d.history) || d.history[i+1].ServerPID != inv.ServerPID
	return last && !inv.Finished && !inv.Crashed
}

func (d *division) alive(i int) bool {
	return d.ob.Server.PID == d.history[i].ServerPID && d.ob.Server.Alive
}

// measurement is what one invocation left.
func (d *division) measurement(ctx context.Context, i int, older bool) Measurement {
	inv := d.history[i]
	m := Measurement{Path: d.ob.Dir, Series: d.ob.Dir, Parts: d.parts[i], logs: d.logs, InvocationID: inv.ID,
		Command: inv.Command, Older: older, Ended: inv.LastSeen, told: &told{
			crashed: inv.Crashed, died: d.died(i), exitName: inv.ExitName, maxHeapBytes: inv.MaxHeapBytes,
			serverPID: inv.ServerPID, start: inv.Start, last: inv.LastSeen,
			interrupted: inv.Interrupted && !inv.Crashed, elsewhere: d.ob.Copied && d.open(i),
			running: d.open(i) && d.alive(i), finished: inv.Finished && !inv.Crashed && inv.ExitName == "",
			workspace: d.ob.Workspace, outputBase: d.ob.Dir}}
	if m.Parts == nil {
		m.Parts = map[Part][]string{}
	}
	for _, path := range m.Parts[Profile] {
		if isEmpty(ctx, path) {
			m.Warnings = append(m.Warnings, emptyWarning(path))
		}
	}
	return m
}

// blank is the current state of an output base in which no build has run.
func (d *division) blank() Measurement {
	m := Measurement{Path: d.ob.Dir, Series: d.ob.Dir, Parts: map[Part][]string{},
		told: &told{workspace: d.ob.Workspace, outputBase: d.ob.Dir}}
	if n := len(d.history); n > 0 {
		m.LaterCommand = d.history[n-1].Command
	}
	return m
}
