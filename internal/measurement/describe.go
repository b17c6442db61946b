// SPDX-License-Identifier: Apache-2.0

package measurement

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"example.invalid/starlark-memls/internal/bazel/bep"
	"example.invalid/starlark-memls/internal/bazel/console"
	"example.invalid/starlark-memls/internal/bazel/failuredetail"
	"example.invalid/starlark-memls/internal/bazel/jvm"
	"example.invalid/starlark-memls/internal/bazel/outputbase"
	"example.invalid/starlark-memls/internal/input"
	"example.invalid/starlark-memls/internal/quantity"
)

// A measurement tells of itself in several places. Each fact is taken from the
// first that knows it:
//
//  1. measurement.json, which the sweep wrote while it ran the build;
//  2. the output base's server logs, for a measurement found there;
//  3. the BEP, Bazel's own account;
//  4. the console;
//  5. server/cmdline of the output base that any of them names, if its server
//     is the one that ran the build;
//  6. the folder's name, in the origin's form (200m-3: a limit of 200 MiB, the
//     third run). That is a name people chose, so a note says that it was used.
//
// How the status is told stands in status.go.

// A Description is what a measurement says of the build as a whole.
type Description struct {
	Command          string // "build", "test", "info"; empty if not known
	MemoryLimitBytes int64  // 0: not known
	Run, Mode        string
	Warmup           bool
	Status           Status
	StatusReason     string // from what the status was told, one clause
	ExitCode         *int
	BazelVersion     string
	InvocationID     string
	Workspace        string
	OutputBase       string
	ServerPID        int
	Start, End       time.Time // zero: not known
	DurationMicros   int64     // 0: not known
	FirstError       string
	Notes            []string // what was inferred from where, and what is odd

	// What was read on the way, so that nobody reads it again.
	Consoles      []Parsed[console.Log] // by Measurement.Parts
	BuildEvents   Parsed[bep.Build]
	FailureDetail Parsed[failuredetail.Detail]
	// Leftover: the failure detail is an earlier build's (see status.go).
	Leftover bool
}

// Parsed is a part as it was read.
type Parsed[T any] struct {
	Path  string // "" where there is no such part
	Value *T     // nil: not read
	Err   error  // why it was not read, or not to its end
}

// A TooLargeError says that a part was left unread for its size.
type TooLargeError struct{ Bytes int64 }

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("not read because it is large (%s); give its path to report to have it read", quantity.Bytes(e.Bytes))
}

// parse reads a part of up to maxBytes; 0 is no bound. What can be read of a
// damaged one is its value.
func parse[T any](ctx context.Context, path string, maxBytes int64, read func(*input.File) (*T, error)) Parsed[T] {
	p := Parsed[T]{Path: path}
	file, err := input.Open(ctx, path)
	if err != nil {
		p.Err = err
		return p
	}
	defer file.Close()
	if maxBytes > 0 {
		if file.Size() > maxBytes {
			p.Err = &TooLargeError{file.Size()}
			return p
		}
		file.Bound(maxBytes) // it may grow
	}
	p.Value, p.Err = read(file)
	return p
}

// Describe tells a measurement's limit, run, mode, status, version and times.
// It reads the record, the BEP, the consoles and the failure detail, all of
// them streaming and once: the description has them. A part that cannot be read
// is a note. The error is the context's.
func Describe(ctx context.Context, m Measurement) (Description, error) {
	return DescribeWithin(ctx, m, 0)
}

// DescribeWithin is Describe without the parts that are larger than maxBytes;
// 0 is no bound.
func DescribeWithin(ctx context.Context, m Measurement, maxBytes int64) (Description, error) {
	d := Description{InvocationID: m.InvocationID, Command: m.Command, End: m.Ended}
	if m.Record != nil {
		d.record(m.Record)
	}
	if m.told != nil {
		d.told(m.told)
	}
	e := statusEvidence{record: m.Record, told: m.told}
	if paths := m.Parts[BuildEvents]; len(paths) > 0 {
		d.readEvents(ctx, paths[0], maxBytes)
		e.build = d.BuildEvents.Value
	}
	for _, path := range m.Parts[Console] {
		e.logs = append(e.logs, d.readLog(ctx, path, maxBytes, m.logs[path]))
	}
	if paths := m.Parts[FailureDetail]; len(paths) > 0 {
		d.FailureDetail = parse(ctx, paths[0], maxBytes, func(f *input.File) (*failuredetail.Detail, error) { return failuredetail.Read(f) })
		noteUnread(&d, d.FailureDetail)
		if d.Leftover = e.leftover(); !d.Leftover {
			e.failure = d.FailureDetail.Value
		}
	}
	e.emptyProfile = hasEmptyProfile(ctx, m)
	e.heapDump = len(m.Parts[HeapDump]) > 0
	if err := ctx.Err(); err != nil {
		return d, err
	}
	d.server()
	d.folderName(m)
	d.Status, d.StatusReason = e.status()
	if d.DurationMicros == 0 && !d.Start.IsZero() && d.End.After(d.Start) {
		d.DurationMicros = d.End.Sub(d.Start).Microseconds()
	}
	return d, nil
}

func (d *Description) record(r *Record) {
	d.MemoryLimitBytes, d.Run, d.Mode, d.Warmup = r.MemoryLimitBytes, r.Run, r.Mode, r.Warmup
	d.BazelVersion, d.Workspace, d.OutputBase, d.ServerPID = r.BazelVersion, r.Workspace, r.OutputBase, r.ServerPID
	d.ExitCode, d.FirstError = r.ExitCode, r.FirstError
	d.InvocationID = first(r.InvocationID, d.InvocationID)
	if r.Start != nil {
		d.Start = *r.Start
	}
	if r.End != nil {
		d.End = *r.End
	}
}

func (d *Description) told(t *told) {
	d.MemoryLimitBytes = first(d.MemoryLimitBytes, t.maxHeapBytes)
	d.ServerPID = first(d.ServerPID, t.serverPID)
	d.Workspace, d.OutputBase = first(d.Workspace, t.workspace), first(d.OutputBase, t.outputBase)
	if d.Start.IsZero() {
		d.Start = t.start
	}
}

// noteUnread says why a part could not be read.
func noteUnread[T any](d *Description, p Parsed[T]) {
	var pathError *fs.PathError
	switch {
	case p.Err == nil:
	case errors.As(p.Err, &pathError):
		d.note(readable(p.Err, p.Path).Error())
	default:
		d.note(fmt.Sprintf("%s: %v", p.Path, p.Err))
	}
}

// readEvents reads the BEP and takes what is not known yet.
func (d *Description) readEvents(ctx context.Context, path string, maxBytes int64) {
	d.BuildEvents = parse(ctx, path, maxBytes, func(f *input.File) (*bep.Build, error) { return bep.Read(ctx, f) })
	noteUnread(d, d.BuildEvents)
	b := d.BuildEvents.Value
	if b == nil {
		return
	}
	d.MemoryLimitBytes = first(d.MemoryLimitBytes, b.MaxHeapBytes)
	d.BazelVersion, d.InvocationID = first(d.BazelVersion, b.BazelVersion), first(d.InvocationID, b.InvocationID)
	d.Workspace, d.OutputBase = first(d.Workspace, b.Workspace), first(d.OutputBase, b.OutputBase)
	d.ServerPID, d.Command = first(d.ServerPID, b.ServerPID), first(d.Command, b.Command)
	d.DurationMicros = first(d.DurationMicros, b.WallMicros)
	if d.Start.IsZero() {
		d.Start = b.Start
	}
	if !b.End.IsZero() {
		d.End = b.End
	}
	if d.ExitCode == nil && b.Exit != nil {
		code := b.Exit.Code
		d.ExitCode = &code
	}
}

// readLog reads a console, plain or gzip, unless it was read already, and takes
// what is not known yet.
func (d *Description) readLog(ctx context.Context, path string, maxBytes int64, already *console.Log) *console.Log {
	p := Parsed[console.Log]{Path: path, Value: already}
	if already == nil {
		p = parse(ctx, path, maxBytes, func(f *input.File) (*console.Log, error) {
			source, err := Inflated(f)
			if err != nil {
				return nil, err
			}
			return console.Read(ctx, source)
		})
	}
	d.Consoles = append(d.Consoles, p)
	noteUnread(d, p)
	log := p.Value
	if log == nil {
		return &console.Log{}
	}
	d.InvocationID = first(d.InvocationID, log.InvocationID)
	d.FirstError = first(d.FirstError, log.FirstError)
	d.DurationMicros = first(d.DurationMicros, log.ElapsedMicros)
	return log
}

// Inflated unpacks where the content is compressed, twice where a CI system
// compressed once more what Bazel had.
func Inflated(r io.Reader) (io.Reader, error) {
	buffered := bufio.NewReader(r)
	for range 2 {
		if magic, _ := buffered.Peek(2); !bytes.Equal(magic, gzipMagic) {
			break
		}
		inner, err := gzip.NewReader(buffered)
		if err != nil {
			return nil, err
		}
		buffered = bufio.NewReader(inner)
	}
	return buffered, nil
}

// server takes the limit from the output base's server, if that is the one
// that ran this build.
func (d *Description) server() {
	if d.MemoryLimitBytes != 0 || d.OutputBase == "" || d.ServerPID == 0 {
		return
	}
	ob, err := outputbase.Open(d.OutputBase)
	if err != nil || ob.Server.PID != d.ServerPID {
		return
	}
	d.MemoryLimitBytes = ob.Server.MaxHeapBytes
}

// originFolder is the form of the origin's folders: limit, run.
var originFolder = regexp.MustCompile(`^([0-9]+)([kKmMgGtT]?)-([0-9]{1,4}|WARMUP)$`)

// folderName takes limit and run from the folder's name as the last resort,
// where the origin's driver made the folder: numbers with a dash in between are
// as often a date, an issue or a job of a CI system.
func (d *Description) folderName(m Measurement) {
	if m.told != nil {
		return // an output base's name is a hash or the user's word, never a limit
	}
	dir := folderOf(m)
	match := originFolder.FindStringSubmatch(filepath.Base(dir))
	if match == nil || !originWrote(dir, match[2] != "") {
		return
	}
	size := match[1] + match[2]
	if match[2] == "" {
		size += "m" // the origin's driver gives bare numbers of megabytes
	}
	if limit, err := jvm.ParseSize(size); err == nil && d.MemoryLimitBytes == 0 {
		d.MemoryLimitBytes = limit
		d.note("the memory limit is taken from the folder's name: nothing else tells it")
	}
	if d.Run == "" {
		d.Run = match[3]
		d.Warmup = d.Warmup || match[3] == "WARMUP"
	}
}

// originWrote reports whether the origin's driver made a folder, by the names
// that it gives a build's files. One is enough where the folder's name has a
// unit ("200m-1"), as no date and no job's number has.
func originWrote(dir string, unit bool) bool {
	found := 0
	for _, name := range []string{"console", "profile.gz", "bep.json", "memory.profile", "starlark.pprof"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err == nil && info.Mode().IsRegular() {
			found++
		}
	}
	return found > 1 || found == 1 && unit
}

// folderOf is the folder of a measurement that is one or lies in one.
func folderOf(m Measurement) string {
	if info, err := os.Stat(m.Path); err == nil && !info.IsDir() {
		return filepath.Dir(m.Path)
	}
	return m.Path
}

func (d *Description) note(text string) { d.Notes = append(d.Notes, text) }

// first is the first value that is known.
func first[T comparable](values ...T) T {
	var zero T
	for _, v := range values {
		if v != zero {
			return v
		}
	}
	return zero
}
