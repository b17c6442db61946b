// SPDX-License-Identifier: Apache-2.0

package measurement

import (
	"context"
	"time"

	"example.invalid/starlark-memls/internal/bazel/console"
	"example.invalid/starlark-memls/internal/bazel/outputbase"
	"example.invalid/starlark-memls/internal/input"
)

// crashSpan is how long a crash takes to write what it writes after its
// console: the failure detail at once, a heap dump of a large heap minutes.
const crashSpan = 10 * time.Minute

// withoutHistory divides an output base that has no server logs. The console
// is then the only witness of the last command: the profile is that command's
// if it was written at the same time, the failure detail and the dumps only if
// the console shows a crash and they were written by its end. Everything else
// is a leftover.
func withoutHistory(ctx context.Context, ob *outputbase.OutputBase) (current Measurement, older []Measurement, err error) {
	d := &division{ob: ob}
	current = d.blank()
	log, err := readConsole(ctx, ob.CommandLog)
	if err != nil {
		return current, nil, err
	}
	crash := log != nil && len(log.Crashes) > 0
	build := crash || log != nil && showsBuild(log)
	current.told.died = !build && diedWriting(ctx, ob)
	switch {
	case log != nil && (build || current.told.died):
		current.Parts[Console] = []string{ob.CommandLog.Path}
		current.logs = map[string]*console.Log{ob.CommandLog.Path: log}
		current.Ended = ob.CommandLog.Modified
		current.InvocationID = log.InvocationID
	case ob.CommandLog != nil:
		current.LaterCommand = "a command that built nothing"
	}
	current.takeProfile(ob, crash)
	older = current.takeCrashFiles(ob, crash)
	if current.Ended.IsZero() {
		current.Ended = newestTime(current.Parts)
	}
	current.told.maxHeapBytes, current.told.serverPID = ob.Server.MaxHeapBytes, ob.Server.PID
	return current, older, nil
}

// takeProfile takes the newest profile that is the console's command's.
func (m *Measurement) takeProfile(ob *outputbase.OutputBase, crash bool) {
	for _, p := range ob.Profiles {
		sameID := p.InvocationID != "" && p.InvocationID == m.InvocationID
		if sameID || ob.CommandLog == nil || together(p.Modified, m.Ended) || p.Bytes <= 10 && crash || m.told.died {
			m.Parts[Profile] = []string{p.Path}
			m.InvocationID = first(m.InvocationID, p.InvocationID)
			return
		}
	}
}

// takeCrashFiles takes the failure detail and the heap dumps that the
// console's crash left. The others are leftovers.
func (m *Measurement) takeCrashFiles(ob *outputbase.OutputBase, crash bool) (older []Measurement) {
	if f := ob.FailureDetail; f != nil {
		// It is written right after the console's last words: an older one
		// is another crash's, whatever this console shows.
		if after := f.Modified.Sub(m.Ended); crash && after > -5*time.Second && after < crashSpan {
			m.Parts[FailureDetail] = []string{f.Path}
		} else {
			older = append(older, leftover(ob, FailureDetail, *f))
		}
	}
	for _, dump := range ob.HeapDumps {
		sameID := dump.InvocationID != "" && dump.InvocationID == m.InvocationID
		if crash && (sameID || dump.InvocationID == "" && sameServer(dump, ob.Server) && together(dump.Modified, m.Ended)) {
			m.Parts[HeapDump] = append(m.Parts[HeapDump], dump.Path)
		} else {
			older = append(older, leftover(ob, HeapDump, dump.SeenFile))
		}
	}
	return older
}

// diedWriting reports whether the last server went while it wrote its newest
// profile: it left its process id behind, which one that ends in order does
// not, and the profile has no end. A server that was killed in its first build
// may not have flushed a line of its log (seen on 4.2.3: 0 bytes after 9 s).
func diedWriting(ctx context.Context, ob *outputbase.OutputBase) bool {
	if ob.Server.PID == 0 || ob.Server.Alive || len(ob.Profiles) == 0 {
		return false
	}
	p := ob.Profiles[0]
	return !p.Modified.Before(ob.Server.Started.Add(-slack)) && !ProfileClosed(ctx, p.Path)
}

// sameServer: a dump of the last server. A server that ends in order, even
// after a crash, takes its process id from the disk.
func sameServer(dump outputbase.HeapDump, server outputbase.LastServer) bool {
	return server.PID == 0 || dump.ServerPID == server.PID
}

// together: written by the end of one command.
func together(a, b time.Time) bool { return a.Sub(b).Abs() <= crashSpan }

// showsBuild reports whether a console is that of a build, not of `bazel info`.
func showsBuild(log *console.Log) bool {
	return log.Succeeded || log.BuildFailed || log.ElapsedMicros > 0
}

// readConsole reads a console that may be missing. A part that cannot be read
// is no console.
func readConsole(ctx context.Context, f *outputbase.SeenFile) (*console.Log, error) {
	if f == nil {
		return nil, nil
	}
	file, err := input.Open(ctx, f.Path)
	if err != nil {
		return nil, nil
	}
	defer file.Close()
	source, err := Inflated(file)
	if err != nil {
		return nil, ctx.Err()
	}
	log, _ := console.Read(ctx, source)
	return log, ctx.Err()
}
