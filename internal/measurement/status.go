// SPDX-License-Identifier: Apache-2.0

package measurement

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"example.invalid/starlark-memls/internal/bazel/bep"
	"example.invalid/starlark-memls/internal/bazel/console"
	"example.invalid/starlark-memls/internal/bazel/failuredetail"
)

// How a build ended is told by several witnesses, and they can differ: the
// client says 37 where the server died of a lack of memory, "Build completed
// successfully" can stand before the crash, and a killed server says nothing.
// The rules, the first that holds decides:
//
//  1. A recorded status (measurement.json), unless it is unknown.
//  2. A crash that somebody saw in so many words: the console's crash, the
//     failure detail, an abortion in the BEP with OUT_OF_MEMORY, exit name
//     OOM_ERROR, exit code 33. Which kind:
//     gc_thrashing where a detector forced the exit;
//     out_of_memory where the words are those of a lack of memory;
//     server_died where the client only lost its server (or INTERNAL, or a
//     crash that does not say memory, exit code 37).
//     A crash after "Build completed successfully" is a crash.
//  3. The console, the BEP or the recorded exit code say that it passed: ok.
//  4. They say that it failed: failed. An interrupt (exit code 8) is killed.
//  5. Signs that the server was gone before it could say anything: a profile
//     that was opened and never written, a BEP without its last message, a
//     command that never finished on a server that is gone: server_died.
//  6. unknown.

// statusEvidence is all that bears on the status.
type statusEvidence struct {
	record       *Record
	told         *told
	build        *bep.Build
	logs         []*console.Log
	failure      *failuredetail.Detail
	emptyProfile bool
	heapDump     bool
}

// Bazel's exit codes (B/util/ExitCode.java).
const (
	exitInterrupted   = 8
	exitOutOfMemory   = 33
	exitInternalError = 37
)

func (e *statusEvidence) status() (Status, string) {
	if e.record != nil && e.record.Status != "" && e.record.Status != Unknown {
		return e.record.Status, "measurement.json"
	}
	for _, rule := range []func() (Status, string){
		e.crashInConsole, e.crashInFailureDetail, e.crashInEvents, e.crashTold, e.crashInExitCode,
		e.ended, e.gone,
	} {
		if status, why := rule(); status != "" {
			return status, why
		}
	}
	return Unknown, "nothing tells how the build ended"
}

// crashInConsole: the weightiest crash of all consoles decides, for the
// client's "Server terminated" follows the server's own words.
func (e *statusEvidence) crashInConsole() (Status, string) {
	found := Status("")
	for _, log := range e.logs {
		for _, crash := range log.Crashes {
			if status := statusOfCrash(crash); found == "" || weight(status) > weight(found) {
				found = status
			}
		}
	}
	if found == ServerDied {
		// Words of memory elsewhere outweigh a lost connection.
		if status, why := e.crashInFailureDetail(); status != "" && status != ServerDied {
			return status, why
		}
		if e.recordedCode() == exitOutOfMemory {
			return OutOfMemory, "exit code 33, server gone"
		}
	}
	return found, "the console"
}

func weight(s Status) int {
	return map[Status]int{ServerDied: 1, OutOfMemory: 2, GCThrashing: 3}[s]
}

func statusOfCrash(crash console.PrintedCrash) Status {
	switch crash.Cause {
	case console.GCThrashing:
		return GCThrashing
	case console.JavaHeapSpace, console.GCOverhead, console.ArraySize,
		console.Metaspace, console.DirectMemory, console.NativeMemory, console.MachineMemory:
		return OutOfMemory
	}
	if crash.OutOfMemory {
		return OutOfMemory
	}
	return ServerDied
}

func (e *statusEvidence) crashInFailureDetail() (Status, string) {
	return statusOfFailure(e.failure), "failure_detail.rawproto"
}

// statusOfFailure tells a crash by its failure detail; empty for any other
// failure. Newer versions say that a detector decided; older ones only in the
// exception's message.
func statusOfFailure(detail *failuredetail.Detail) Status {
	if detail == nil || detail.Crash == nil && !strings.HasPrefix(detail.Message, "Crashed") {
		return ""
	}
	words := detail.Message
	var code failuredetail.CrashCode
	if c := detail.Crash; c != nil {
		code = c.Code
		switch c.OOMCauseCategory {
		case failuredetail.OOMGCThrashing, failuredetail.OOMGCChurning:
			return GCThrashing
		}
		for _, cause := range c.Causes {
			words += "\n" + cause.Class + ": " + cause.Message
		}
	}
	switch {
	case strings.Contains(words, "GC thrashing"), strings.Contains(words, "GcThrashingDetector"), strings.Contains(words, "GcChurningDetector"):
		return GCThrashing
	case code == failuredetail.CrashOOM, strings.Contains(words, "OutOfMemoryError"):
		return OutOfMemory
	}
	return ServerDied
}

func (e *statusEvidence) crashInEvents() (Status, string) {
	if e.build == nil {
		return "", ""
	}
	if status := statusOfFailure(e.build.Failure); status != "" {
		return status, "the BEP's failure detail"
	}
	for _, reason := range e.build.Aborted {
		switch reason {
		case "OUT_OF_MEMORY":
			return OutOfMemory, "the BEP: aborted, OUT_OF_MEMORY"
		case "INTERNAL":
			return ServerDied, "the BEP: aborted, INTERNAL"
		}
	}
	if e.build.Exit != nil && (e.build.Exit.Name == "OOM_ERROR" || e.build.Exit.Code == exitOutOfMemory) {
		return OutOfMemory, "the BEP: OOM_ERROR"
	}
	return "", ""
}

// crashTold: by the server's log of the output base.
func (e *statusEvidence) crashTold() (Status, string) {
	switch {
	case e.told == nil || !e.told.crashed:
		return "", ""
	case e.told.exitName == "OOM_ERROR":
		return OutOfMemory, "the server's log: OOM_ERROR"
	case e.heapDump:
		return OutOfMemory, "the server's log and its heap dump"
	}
	return ServerDied, "the server's log"
}

func (e *statusEvidence) crashInExitCode() (Status, string) {
	switch e.recordedCode() {
	case exitOutOfMemory:
		return OutOfMemory, "exit code 33"
	case exitInternalError:
		return ServerDied, "exit code 37"
	}
	return "", ""
}

// recordedCode is the exit code, -1 where none is known.
func (e *statusEvidence) recordedCode() int {
	switch {
	case e.record != nil && e.record.ExitCode != nil:
		return *e.record.ExitCode
	case e.build != nil && e.build.Exit != nil:
		return e.build.Exit.Code
	}
	return -1
}

// ended: somebody says that the command came to its end.
func (e *statusEvidence) ended() (Status, string) {
	if code := e.recordedCode(); code >= 0 {
		switch {
		case code == 0:
			return OK, "exit code 0"
		case code == exitInterrupted:
			return Killed, "exit code 8, interrupted"
		}
		return Failed, "exit code " + strconv.Itoa(code)
	}
	for _, log := range e.logs {
		switch {
		case log.Interrupted && (log.BuildFailed || !log.Succeeded):
			return Killed, "the console: interrupted"
		case log.BuildFailed:
			return Failed, "the console"
		case log.Succeeded:
			return OK, "the console"
		}
	}
	if e.told != nil && e.told.interrupted {
		return Killed, "the server's log: interrupted"
	}
	if e.told != nil && e.told.exitName == "INTERRUPTED" {
		return Killed, "the server's log: INTERRUPTED"
	}
	if e.told != nil && e.told.exitName != "" {
		return Failed, "the server's log: " + e.told.exitName
	}
	for _, log := range e.logs {
		if log.FirstError != "" && !(e.told != nil && e.told.running) {
			return Failed, "the console's first error"
		}
	}
	return "", ""
}

// gone: nobody says anything, and that is what a killed server leaves.
func (e *statusEvidence) gone() (Status, string) {
	switch {
	case e.told != nil && e.told.elsewhere:
		return Unknown, "the log does not say how the command ended, and its server ran elsewhere: this folder is a copy"
	case e.told != nil && e.told.running:
		return Unknown, "the command may still be under way"
	case e.told != nil && e.told.died:
		return ServerDied, "the command never finished and its server is gone"
	case e.heapDump && (e.emptyProfile || e.build != nil && e.build.Truncated != ""):
		return OutOfMemory, "a heap dump, and nothing written after it"
	case e.emptyProfile:
		return ServerDied, "the profile was opened and never written"
	case e.build != nil && e.build.Truncated != "" && !e.build.Finished:
		return ServerDied, "the BEP: " + e.build.Truncated
	case e.heapDump && len(e.logs) == 0 && e.build == nil:
		return Unknown, "a heap dump alone does not tell why it was made"
	case e.told != nil && e.told.finished:
		return OK, "the server's log: finished without an error"
	}
	return "", ""
}

// leftover reports whether a failure detail is of an earlier build: the file
// stays in the output base until the next failure, so that a build that passed
// may lie beside the detail of one that did not.
func (e *statusEvidence) leftover() bool {
	if len(e.logs) == 0 || !e.logs[0].Succeeded || e.recordedCode() > 0 || e.told != nil && e.told.crashed {
		return false
	}
	return !slices.ContainsFunc(e.logs, func(log *console.Log) bool { return len(log.Crashes) > 0 })
}

func hasEmptyProfile(ctx context.Context, m Measurement) bool {
	for _, path := range m.Parts[Profile] {
		if isEmpty(ctx, path) || neverWritten(ctx, path) {
			return true
		}
	}
	return false
}

// NeverStartedWords begin the first error of a build whose server did not start
// under its limit. That is no crash of the build, which never began, but it
// says as much about the limit.
const NeverStartedWords = "Bazel's server does not start under -Xmx"

// NeverStarted reports whether a build's server could not even start under
// its limit.
func NeverStarted(r Record) bool {
	return r.Status == Failed && strings.HasPrefix(r.FirstError, NeverStartedWords)
}
