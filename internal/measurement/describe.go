package measurement

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"example.invalid/starlark-memls/internal/bazel/bep"
	"example.invalid/starlark-memls/internal/bazel/console"
	"example.invalid/starlark-memls/internal/bazel/jvm"
	"example.invalid/starlark-memls/internal/bazel/outputbase"
	"example.invalid/starlark-memls/internal/input"
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
}

// Describe tells a measurement's limit, run, mode, status, version and times.
// It reads the record, the BEP, the consoles and the failure detail, all of
// them streaming. A part that cannot be read is a note. The error is the
// context's.
func Describe(ctx context.Context, m Measurement) (Description, error) {
	d := Description{InvocationID: m.InvocationID, Command: m.Command, End: m.Ended}
	if m.Record != nil {
		d.record(m.Record)
	}
	if m.told != nil {
		d.told(m.told)
	}
	e := evidence{record: m.Record, told: m.told}
	if paths := m.Parts[BuildEvents]; len(paths) > 0 {
		e.build = d.readEvents(ctx, paths[0])
	}
	for _, path := range m.Parts[Console] {
		e.logs = append(e.logs, d.readLog(ctx, path))
	}
	if paths := m.Parts[FailureDetail]; len(paths) > 0 {
		detail, err := readFailure(ctx, paths[0])
		if err != nil {
			d.note(fmt.Sprintf("%s: %v", paths[0], err))
		}
		e.failure = detail
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

// readEvents reads the BEP and takes what is not known yet.
func (d *Description) readEvents(ctx context.Context, path string) *bep.Build {
	file, err := input.Open(ctx, path)
	if err != nil {
		d.note(readable(err, path).Error())
		return nil
	}
	defer file.Close()
	b, err := bep.Read(ctx, file)
	if err != nil {
		d.note(fmt.Sprintf("%s: %v", path, err))
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
	return b
}

// readLog reads a console, plain or gzip, and takes what is not known yet.
func (d *Description) readLog(ctx context.Context, path string) *console.Log {
	log := &console.Log{}
	file, err := input.Open(ctx, path)
	if err != nil {
		d.note(readable(err, path).Error())
		return log
	}
	defer file.Close()
	source, err := inflated(file)
	if err == nil {
		log, err = console.Read(ctx, source)
	}
	if err != nil {
		d.note(fmt.Sprintf("%s: %v", path, err))
	}
	if log == nil {
		return &console.Log{}
	}
	d.InvocationID = first(d.InvocationID, log.InvocationID)
	d.FirstError = first(d.FirstError, log.FirstError)
	d.DurationMicros = first(d.DurationMicros, log.ElapsedMicros)
	return log
}

// inflated unpacks where the content is compressed, twice where a CI system
// compressed once more what Bazel had.
func inflated(r io.Reader) (io.Reader, error) {
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
