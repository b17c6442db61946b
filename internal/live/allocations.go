// SPDX-License-Identifier: Apache-2.0

package live

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"example.invalid/starlark-memls/internal/bazel/server"
)

// A FlightRecording is a recording of allocations that a server makes.
type FlightRecording struct {
	server     *server.Server
	name       string
	dir        string // private
	repository string // where the JVM writes it meanwhile; "" where it did not tell
}

// goneWithin is how long a server takes that does not answer because it ends.
const goneWithin = 3 * time.Second

// Should nobody come to stop it, a recording ends by itself, and keeps no more
// than so much on the disk.
const recordingBounds = "duration=12h maxsize=256m"

// RecordAllocations has the server sample what its threads allocate, with Java
// Flight Recorder. dir is a private folder of the caller's user, for the
// settings and for what the server writes. It costs the server some hundreds of
// stack walks a second.
func RecordAllocations(ctx context.Context, s *server.Server, dir string) (*FlightRecording, error) {
	settings, err := writeSettings(dir, s)
	if err != nil {
		return nil, err
	}
	defer os.Remove(settings)
	r := &FlightRecording{server: s, name: "starlark-memls-" + strconv.Itoa(os.Getpid()), dir: dir}
	answer, err := s.Process().Jcmd(ctx, "JFR.start name="+r.name+" "+recordingBounds+" settings="+quoted(settings))
	if err != nil {
		return nil, fmt.Errorf("the server records no allocations: %w", err)
	}
	if !strings.Contains(answer, "Started recording") {
		return nil, fmt.Errorf("the server records no allocations: %s", oneLine(answer))
	}
	if answer, err := s.Process().Jcmd(ctx, "JFR.configure"); err == nil {
		r.repository = repositoryOf(answer)
	}
	return r, nil
}

// Stop ends the recording and puts it into the file, which it makes anew. Of a
// server that has ended before, what it had written until a second before is
// taken.
func (r *FlightRecording) Stop(ctx context.Context, path string) error {
	written := filepath.Join(r.dir, r.name+".jfr")
	answer, err := r.server.Process().Jcmd(ctx, "JFR.stop name="+r.name+" filename="+quoted(written))
	if _, missing := os.Stat(written); err == nil && missing == nil {
		return collect(path, []string{written})
	}
	// A server that crashes answers no more, and is gone a moment later.
	for until := time.Now().Add(goneWithin); err != nil && ctx.Err() == nil && r.server.Running() && time.Now().Before(until); {
		time.Sleep(50 * time.Millisecond)
	}
	if !r.server.Running() {
		return r.salvage(path)
	}
	if err == nil {
		err = fmt.Errorf("the server did not write its recording of allocations: %s", oneLine(answer))
	}
	return err
}

// salvage takes what a server that is gone has left of its recording.
func (r *FlightRecording) salvage(path string) error {
	chunks, _ := filepath.Glob(filepath.Join(r.repository, "*.jfr"))
	if r.repository == "" || len(chunks) == 0 {
		return fmt.Errorf("%s: %w, and left nothing of its recording of allocations", r.server.OutputBase, errEndedFirst)
	}
	if err := collect(path, chunks); err != nil { // their names are times
		return err
	}
	os.Remove(r.repository) // unless something else is in it
	return nil
}

// collect moves files, one behind the other, into one.
func collect(path string, parts []string) error {
	out, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	for _, part := range parts {
		err = errors.Join(err, appendFile(out, part))
	}
	if err = errors.Join(err, out.Close()); err != nil {
		return fmt.Errorf("keeping the recording of allocations: %w", err)
	}
	for _, part := range parts {
		os.Remove(part)
	}
	return nil
}

var errEndedFirst = errors.New("the server ended first")

func appendFile(to io.Writer, path string) error {
	from, err := os.Open(path)
	if err != nil {
		return err
	}
	defer from.Close()
	_, err = io.Copy(to, from)
	return err
}

// repositoryOf is the folder that JFR.configure names.
func repositoryOf(answer string) string {
	for line := range strings.Lines(answer) {
		if path, ok := strings.CutPrefix(strings.TrimSpace(line), "Repository path: "); ok && filepath.IsAbs(path) {
			return path
		}
	}
	return ""
}

// quoted is a path as an argument of a diagnostic command. There is no way to
// write a quotation mark in one.
func quoted(path string) string { return `"` + path + `"` }

// From JDK 16 on one event samples all allocations at a rate; before there are
// only those of new buffers and of what does not fit into one.
const sampledEvents = `  <event name="jdk.ObjectAllocationSample">
    <setting name="enabled">true</setting>
    <setting name="throttle">500/s</setting>
    <setting name="stackTrace">true</setting>
  </event>
`

const bufferEvents = `  <event name="jdk.ObjectAllocationInNewTLAB">
    <setting name="enabled">true</setting>
    <setting name="stackTrace">false</setting>
  </event>
  <event name="jdk.ObjectAllocationOutsideTLAB">
    <setting name="enabled">true</setting>
    <setting name="stackTrace">false</setting>
  </event>
`

// writeSettings writes what is to be recorded, and nothing else: neither the
// environment nor the command line.
func writeSettings(dir string, s *server.Server) (path string, err error) {
	if dir, err = private(dir); err != nil {
		return "", err
	}
	events := sampledEvents
	if major := javaMajor(s); major > 0 && major < 16 {
		events = bufferEvents
	}
	text := `<?xml version="1.0" encoding="UTF-8"?>
<configuration version="2.0">
` + events + `  <event name="jdk.GarbageCollection">
    <setting name="enabled">true</setting>
    <setting name="threshold">0 ms</setting>
  </event>
</configuration>
`
	path = filepath.Join(dir, "allocations-"+strconv.Itoa(os.Getpid())+".jfc")
	return path, os.WriteFile(path, []byte(text), 0o600)
}

// javaMajor is the server's version of Java, 0 where it is not known.
func javaMajor(s *server.Server) int {
	f, err := s.Counters()
	if err != nil {
		return 0
	}
	defer f.Close()
	counters, err := f.Read()
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(counters.JavaVersion(), ".")
	major, _ := strconv.Atoi(first)
	return major
}
