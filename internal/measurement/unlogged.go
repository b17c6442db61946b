// SPDX-License-Identifier: Apache-2.0

package measurement

import (
	"context"
	"slices"
	"time"

	"example.invalid/starlark-memls/internal/bazel/console"
	"example.invalid/starlark-memls/internal/bazel/outputbase"
)

// A server flushes its log now and then. Of a server that was killed, the last
// command can be missing from the log altogether, and its files would pass for
// those of the command before. What gives it away (seen on 4.2.3):
//
//   - a profile with an invocation id that no logged command has, written
//     after the last one was last heard of;
//   - a profile of 10 bytes that was opened later than the last logged command
//     opened its own, which it does within a fraction of a second;
//   - a command.log written after the last logged command had finished.

// opening is how long after its first line in the log a command has opened its
// profile (0.1 s were seen).
const opening = time.Second

// unlogged is the command after the last one in the log, if there was one, and
// whether it was a build; said is the console, where it was read for that.
func unlogged(ctx context.Context, ob *outputbase.OutputBase, history []outputbase.Invocation) (inv *outputbase.Invocation, said *console.Log, build bool, err error) {
	last := history[len(history)-1]
	profile, id, ok := unloggedProfile(ob, history)
	var start time.Time
	if ok {
		start = profile
	}
	log := ob.CommandLog
	if log != nil && last.Finished && log.Modified.After(last.LastSeen.Add(opening)) || ok && log != nil {
		if start.IsZero() || log.Modified.Before(start) && log.Modified.After(last.LastSeen) {
			start = log.Modified
		}
	}
	if start.IsZero() {
		return nil, nil, false, nil
	}
	said, err = readConsole(ctx, log)
	if err != nil {
		return nil, nil, false, err
	}
	inv = &outputbase.Invocation{ID: id, ServerPID: last.ServerPID, MaxHeapBytes: last.MaxHeapBytes, Start: start, LastSeen: start}
	if ob.Server.PID != 0 {
		inv.ServerPID, inv.MaxHeapBytes = ob.Server.PID, ob.Server.MaxHeapBytes
	}
	if log != nil && log.Modified.After(start) {
		inv.LastSeen = log.Modified
	}
	if said != nil {
		inv.Crashed = len(said.Crashes) > 0
		inv.Finished = showsBuild(said)
	}
	return inv, said, inv.Crashed || inv.Finished || ok && !ob.Server.Alive, nil
}

// unloggedProfile is when the profile of a command that is not in the log was
// written, and the command's id if it tells.
func unloggedProfile(ob *outputbase.OutputBase, history []outputbase.Invocation) (at time.Time, id string, ok bool) {
	if len(ob.Profiles) == 0 {
		return time.Time{}, "", false
	}
	p, last := ob.Profiles[0], history[len(history)-1]
	if p.InvocationID == "" {
		return p.Modified, "", p.Modified.After(last.Start.Add(opening))
	}
	known := slices.ContainsFunc(history, func(inv outputbase.Invocation) bool { return inv.ID == p.InvocationID })
	// A query's id is not in the log: its profile is closed with it.
	return p.Modified, p.InvocationID, !known && p.Modified.After(last.LastSeen.Add(opening)) && (last.Finished || last.ID != "")
}
