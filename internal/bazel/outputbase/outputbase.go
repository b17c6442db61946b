// SPDX-License-Identifier: Apache-2.0

// Package outputbase reads what lies in a Bazel output base, and finds the
// output base of a workspace, without Bazel.
//
// Asking Bazel (`bazel info output_base`) is not an option: it starts or
// restarts a server, waits for its lock, overwrites command.log, and after a
// crash throws away the very state one wants to look at. So the package looks
// at files only. It opens nothing for writing and takes no lock.
//
// What lies there, Bazel 4.2 to 9 (src/main/cpp/blaze.cc, startup_options.cc,
// BlazeRuntime.java, CommandLogModule.java, SimpleLogHandler.java):
//
//	DO_NOT_BUILD_HERE            the workspace's path, no newline
//	command.log                  the console of the last command of any kind
//	command.profile.gz           the trace of the last command that writes one
//	                             (a link to the next from 8.0 on)
//	command-<invocation>.profile.gz   8.0 on, the last five
//	failure_detail.rawproto      of the last command that failed; never removed by one that succeeds
//	java_pid<pid>.hprof          the JVM's own heap dump, named by the server
//	<invocation>.heapdump.hprof  --heap_dump_on_oom, 5.0 on
//	*.hprof.gz, .zst, .zip       the same compressed, by the JVM (17 on) or a person
//	java.log -> java.log.<host>.<user>.log.java.<time>.<pid>   one a server
//	server/cmdline               the server's arguments, NUL separated
//	server/server.pid.txt        its process id
//	server/server.starttime      its start, to tell it from a later process of that id
//	server/jvm.out               its stdout and stderr
package outputbase

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ErrNotOutputBase says that a folder is not an output base: it has no
// DO_NOT_BUILD_HERE.
var ErrNotOutputBase = errors.New("not an output base: it has no DO_NOT_BUILD_HERE")

// An OutputBase is what lay in one output base at one moment.
type OutputBase struct {
	// Dir is the folder, absolute, as it was given.
	Dir string
	// Workspace is the path in DO_NOT_BUILD_HERE, as written there.
	Workspace string
	// Copied: its server was told another place, so that this is a copy, taken
	// from another machine as like as not, and whether a process runs here
	// says nothing of it.
	Copied bool
	Server LastServer
	// CommandLog is the console of the last command, whatever it was; nil
	// where there is none.
	CommandLog *SeenFile
	// Profiles are the trace profiles, newest first, each file once.
	Profiles []ProfileFile
	// FailureDetail is failure_detail.rawproto: of the last command that
	// failed, which need not be the last command. Nil where there is none.
	FailureDetail *SeenFile
	// HeapDumps are newest first.
	HeapDumps []HeapDump
	// JavaLogs are the servers' logs, newest first, one a server.
	JavaLogs []JavaLog
	// JVMOut is the last server's stdout and stderr; nil where there is none.
	JVMOut *SeenFile
	// Warnings name what is there and could not be read, one line each.
	Warnings []string
}

// A SeenFile is a file with what was seen of it when the output base was read.
type SeenFile struct {
	Path     string // absolute
	Bytes    int64
	Modified time.Time
}

// A ProfileFile is a trace profile in an output base.
type ProfileFile struct {
	SeenFile
	// InvocationID is told by the file's name (8.0 on) or else by the
	// profile's otherData.build_id; empty where nothing was flushed.
	InvocationID string
}

// A HeapDump is an .hprof file in an output base. It names either the server
// that died (the JVM's own dump) or the invocation (Bazel's).
type HeapDump struct {
	SeenFile
	ServerPID    int    // 0: not told
	InvocationID string // empty: not told
}

// A JavaLog is the log of one server.
type JavaLog struct {
	SeenFile
	ServerPID int // 0: not told by the name
}

// Open reads what lies in the output base dir. It reads no large file. A
// folder without DO_NOT_BUILD_HERE gives ErrNotOutputBase; a part that cannot
// be read is a warning, since every part is evidence of its own.
func Open(dir string) (*OutputBase, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("opening output base: %w", err)
	}
	workspace, err := workspaceOf(dir)
	if err != nil {
		return nil, err
	}
	ob := &OutputBase{Dir: dir, Workspace: workspace}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("listing output base: %w", err)
	}
	for _, entry := range entries {
		ob.note(entry.Name())
	}
	ob.Profiles = onceEach(ob.Profiles)
	newestFirst(ob.Profiles, func(p ProfileFile) SeenFile { return p.SeenFile })
	newestFirst(ob.HeapDumps, func(d HeapDump) SeenFile { return d.SeenFile })
	newestFirst(ob.JavaLogs, func(l JavaLog) SeenFile { return l.SeenFile })
	ob.JVMOut = ob.file(filepath.Join("server", "jvm.out"))
	ob.Server = ob.readServer()
	ob.Copied = ob.isCopied()
	return ob, nil
}

// workspaceOf reads DO_NOT_BUILD_HERE. The file holds a path and nothing
// else; a bound keeps a file of that name that is something else from being
// read whole.
func workspaceOf(dir string) (string, error) {
	text, err := readSmall(filepath.Join(dir, "DO_NOT_BUILD_HERE"), 64<<10)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("%s: %w", dir, ErrNotOutputBase)
	case err != nil:
		return "", fmt.Errorf("reading output base: %w", err)
	}
	return strings.TrimRight(string(text), "\r\n\x00"), nil
}

// note files one entry of the output base under what its name says it is.
func (ob *OutputBase) note(name string) {
	switch {
	case name == "command.log":
		ob.CommandLog = ob.file(name)
	case name == "failure_detail.rawproto":
		ob.FailureDetail = ob.file(name)
	case isProfileName(name):
		if f := ob.file(name); f != nil {
			ob.Profiles = append(ob.Profiles, ob.profile(*f))
		}
	case IsHeapDumpName(name):
		if f := ob.file(name); f != nil {
			ob.HeapDumps = append(ob.HeapDumps, heapDump(*f))
		}
	case strings.HasPrefix(name, "java.log."):
		if f := ob.file(name); f != nil {
			ob.JavaLogs = append(ob.JavaLogs, JavaLog{SeenFile: *f, ServerPID: trailingNumber(name)})
		}
	}
}

// file describes a regular file below the output base; nil where there is
// none. Anything else that keeps it from being read is a warning.
func (ob *OutputBase) file(name string) *SeenFile {
	path := filepath.Join(ob.Dir, name)
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		ob.Warnings = append(ob.Warnings, fmt.Sprintf("%s: %v", path, errors.Unwrap(err)))
		return nil
	case !info.Mode().IsRegular():
		return nil
	}
	return &SeenFile{Path: path, Bytes: info.Size(), Modified: info.ModTime()}
}

// IsHeapDumpName reports whether a file's name is that of a heap dump, as it is or
// compressed.
func IsHeapDumpName(name string) bool {
	return strings.HasSuffix(withoutCompression(name), ".hprof")
}

// withoutCompression is a name without the ending that compression added.
func withoutCompression(name string) string {
	for _, suffix := range [...]string{".gz", ".zst", ".zip"} {
		if short, ok := strings.CutSuffix(name, suffix); ok {
			return short
		}
	}
	return name
}

// heapDump reads from a dump's name whose it is.
func heapDump(f SeenFile) HeapDump {
	name := withoutCompression(filepath.Base(f.Path))
	d := HeapDump{SeenFile: f}
	if pid, ok := strings.CutPrefix(name, "java_pid"); ok {
		// The JVM appends ".1", ".2" where one process dumps again.
		pid, _, _ = strings.Cut(pid, ".")
		d.ServerPID, _ = strconv.Atoi(pid)
	}
	if id, ok := strings.CutSuffix(name, ".heapdump.hprof"); ok && isUUID(id) {
		d.InvocationID = id
	}
	return d
}

// trailingNumber is the number after the last dot, or 0.
func trailingNumber(name string) int {
	n, err := strconv.Atoi(name[strings.LastIndexByte(name, '.')+1:])
	if err != nil {
		return 0
	}
	return n
}

// newestFirst sorts by time of modification, then by path, so that the order
// never depends on the directory's.
func newestFirst[T any](list []T, file func(T) SeenFile) {
	slices.SortStableFunc(list, func(a, b T) int {
		fa, fb := file(a), file(b)
		if c := fb.Modified.Compare(fa.Modified); c != 0 {
			return c
		}
		return strings.Compare(fa.Path, fb.Path)
	})
}
