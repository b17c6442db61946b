// SPDX-License-Identifier: Apache-2.0

package outputbase

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"example.invalid/starlark-memls/internal/bazel/jvm"
	"example.invalid/starlark-memls/internal/input"
)

// The servers' logs tell what was run in an output base, one server a file,
// and the files of dead servers stay. It is the only record of more than the
// last command, and what ties evidence to one invocation: a profile by the
// invocation id, everything else by the time between a command's start and
// the next one's.
//
// The lines that matter (4.2.3, B/server/CommandManager.java,
// GrpcServerImpl.java, B/buildtool/BuildTool.java, B/bugreport/BugReport.java,
// B/runtime/BlazeRuntime.java, BlazeCommandDispatcher.java):
//
//	Starting Bazel server with pid 4461 and , args [… --host_jvm_args=-Xmx150m, …]
//	Starting command <id> on thread grpc-command-0
//	… executeCommand] [build, --startup_time=…
//	Build identifier: <invocation id>
//	Exit status was DetailedExitCode{exitCode=BUILD_FAILURE, …
//	Handling crash with CrashContext{…
//	Got CancelRequest for command id <id>, Interrupting command <id> on thread …
//	Cleaning up in crash: DetailedExitCode{exitCode=OOM_ERROR, …
//	Finished command <id> on thread grpc-command-0
//
// The ids of "Starting command" are the server's own, not the invocation's,
// and pings are commands too, as is the request that cancels another;
// executeCommand begins a real one, that of the last id. A log may lack
// its last lines: they are flushed now and then, and lost with the server.
//
// executeCommand's line goes on with the user's whole environment. Only its
// first word is kept.

// An Invocation is one command that a server of the output base ran.
type Invocation struct {
	Command string // "build", "info"
	// ID is the invocation id; empty for commands that build nothing.
	ID        string
	ServerPID int
	// MaxHeapBytes is the server's -Xmx, 0 if it had none.
	MaxHeapBytes int64
	Start        time.Time
	// LastSeen is the time of its last line in the log.
	LastSeen time.Time
	// Finished: the server said that it was through with it. A crash can be
	// finished; a command that is not was under way, or died.
	Finished bool
	// Crashed: the crash handler ran.
	Crashed bool
	// Interrupted: the client asked for an end (Ctrl-C).
	Interrupted bool
	// ExitName is the name of the exit code where it was logged
	// ("OOM_ERROR", "BUILD_FAILURE"); a success logs none.
	ExitName string
}

const (
	maxJavaLogs    = 32
	maxJavaLogTail = 32 << 20 // of a longer log, the end is read
	maxJavaLogLine = 16 << 10 // the rest of a line is skipped
)

// History lists the commands that were run in the output base, oldest first,
// as far as its server logs tell: nothing where there are none. A log that
// cannot be read is left out. The error is the context's.
func (ob *OutputBase) History(ctx context.Context) ([]Invocation, error) {
	var all []Invocation
	for i, log := range ob.JavaLogs {
		if i == maxJavaLogs {
			break
		}
		list, err := readJavaLog(ctx, log)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil && len(list) == 0 {
			continue
		}
		all = append(all, list...)
	}
	slices.SortStableFunc(all, func(a, b Invocation) int { return a.Start.Compare(b.Start) })
	return all, nil
}

// readJavaLog reads one server's log.
func readJavaLog(ctx context.Context, log JavaLog) ([]Invocation, error) {
	file, err := input.Open(ctx, log.Path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if log.Bytes > maxJavaLogTail {
		if _, err := file.Seek(-maxJavaLogTail, io.SeekEnd); err != nil {
			return nil, err
		}
	}
	p := logParser{pid: log.ServerPID}
	err = p.read(ctx, file)
	p.setClock(log.Modified)
	return p.list, err
}

// logParser is the state of one pass over a server's log.
type logParser struct {
	pid  int
	heap int64
	list []Invocation
	// started is the id that was started last, current that of the command
	// under way; empty where the log begins later.
	started, current string
	last             time.Time
}

func (p *logParser) read(ctx context.Context, r io.Reader) error {
	reader := bufio.NewReaderSize(r, maxJavaLogLine)
	for n := 0; ; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		line, err := reader.ReadSlice('\n')
		if len(line) > 0 {
			p.line(line)
		}
		for errors.Is(err, bufio.ErrBufferFull) {
			_, err = reader.ReadSlice('\n')
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading server log: %w", err)
		}
	}
}

var (
	logLine  = regexp.MustCompile(`^(\d{6} \d\d:\d\d:\d\d\.\d{3}):\S* +\d+ \[([\w.$]+)\] (.*)`)
	heapFlag = regexp.MustCompile(`--host_jvm_args=(-[^,\]\s]+)`)
	exitCode = regexp.MustCompile(`DetailedExitCode\{exitCode=(\w+)`)
	anyUUID  = regexp.MustCompile(`[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}`)
)

// line takes one line; lines of stack traces and of other forms are skipped.
func (p *logParser) line(line []byte) {
	m := logLine.FindSubmatch(bytes.TrimRight(line, "\r\n"))
	if m == nil {
		return
	}
	at, err := time.ParseInLocation("060102 15:04:05.000", string(m[1]), time.UTC)
	if err != nil {
		return
	}
	p.last = at
	method, text := string(m[2]), string(m[3])
	switch {
	case strings.HasPrefix(text, "Starting ") && strings.Contains(text, " server with pid "):
		var flags []string
		for _, f := range heapFlag.FindAllStringSubmatch(text, -1) {
			flags = append(flags, f[1])
		}
		p.heap = jvm.MaxHeap(flags)
	case strings.HasPrefix(text, "Starting command "):
		p.started = anyUUID.FindString(text)
	case strings.HasSuffix(method, ".executeCommand") && strings.HasPrefix(text, "["):
		p.current = p.started
		command, _, _ := strings.Cut(strings.TrimPrefix(text, "["), ",")
		p.list = append(p.list, Invocation{Command: strings.TrimRight(command, "]"), ServerPID: p.pid,
			MaxHeapBytes: p.heap, Start: at, LastSeen: at})
	default:
		p.about(text, at)
	}
}

// about takes a line about the command under way.
func (p *logParser) about(text string, at time.Time) {
	if len(p.list) == 0 {
		return
	}
	inv := &p.list[len(p.list)-1]
	switch {
	case strings.HasPrefix(text, "Build identifier: "):
		inv.ID = anyUUID.FindString(text)
	case strings.HasPrefix(text, "Handling crash with "):
		inv.Crashed = true
	case strings.HasPrefix(text, "Interrupting command "), strings.HasPrefix(text, "Got CancelRequest for command"),
		strings.HasPrefix(text, "command interrupted"):
		inv.Interrupted = true
	case strings.HasPrefix(text, "Exit status was ") || strings.HasPrefix(text, "Cleaning up in crash"):
		if m := exitCode.FindStringSubmatch(text); m != nil {
			inv.ExitName = m[1]
		}
		inv.Crashed = inv.Crashed || strings.HasPrefix(text, "Cleaning")
	case p.finishes(text):
		inv.Finished, inv.LastSeen = true, at
	}
	if !inv.Finished || inv.LastSeen.Before(inv.Start) {
		inv.LastSeen = at
	}
}

// finishes reports whether the line ends the command under way, and not one
// that came in between.
func (p *logParser) finishes(text string) bool {
	return strings.HasPrefix(text, "Finished command ") && strings.Contains(text, "grpc-command") &&
		(p.current == "" || anyUUID.FindString(text) == p.current)
}

// setClock turns the log's times, which are the server's local ones without a
// zone, into instants. The file was last written when its last line was, so
// the difference, to a quarter of an hour, is the zone.
func (p *logParser) setClock(modified time.Time) {
	if p.last.IsZero() || modified.IsZero() {
		return
	}
	zone := modified.Sub(p.last).Round(15 * time.Minute)
	for i := range p.list {
		p.list[i].Start = p.list[i].Start.Add(zone)
		p.list[i].LastSeen = p.list[i].LastSeen.Add(zone)
	}
}
