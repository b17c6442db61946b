// SPDX-License-Identifier: Apache-2.0

// Package server tells which process is the Bazel server of an output base.
//
// Only files and what the system tells of processes are looked at; Bazel is not
// run. A process counts as the server when the output base names its id
// (server/server.pid.txt), it started when the output base says
// (server/server.starttime), it is this user's, and it was started for this
// output base (--output_base=). Verify looks again, and is to be called right
// before anything is asked of the process: a signal to a process that got the
// id meanwhile could end it.
package server

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"example.invalid/starlark-memls/internal/attach"
	"example.invalid/starlark-memls/internal/input"
	"example.invalid/starlark-memls/internal/perfdata"
	"example.invalid/starlark-memls/internal/process"
)

// ErrNone says that no server of the output base runs.
var ErrNone = errors.New("no Bazel server runs on this output base; build something first")

// An ImpostorError says why the process that an output base names is not its
// server. It is not touched.
type ImpostorError struct {
	OutputBase string
	PID        int
	Why        string
}

// Error is one line.
func (e *ImpostorError) Error() string {
	return fmt.Sprintf("process %d, which %s names as its server, is not asked: %s", e.PID, e.OutputBase, e.Why)
}

// A Server is a Bazel server that ran, and was the right one, when it was found.
type Server struct {
	OutputBase string // absolute
	PID        int    // in our own eyes
	// Contained: it lives in another pid namespace, a container. Its
	// counters can be read; it cannot be asked.
	Contained bool

	start    string
	openLog  string // the descriptor that command.log was seen under last
	execInfo []string
}

// Find finds the running server of an output base.
func Find(outputBase string) (*Server, error) {
	dir, err := filepath.Abs(outputBase)
	if err != nil {
		return nil, err
	}
	pid, start, err := named(dir)
	if err != nil {
		return nil, err
	}
	s := &Server{OutputBase: dir, PID: pid, start: start}
	info, err := s.look()
	if err == nil {
		s.start, s.execInfo = info.Start, info.Args
		return s, nil
	}
	if inside := contained(dir, pid, start); inside != nil {
		return inside, nil
	}
	return nil, err
}

// named reads which process the output base names.
func named(dir string) (pid int, start string, err error) {
	text, err := small(filepath.Join(dir, "server", "server.pid.txt"))
	if errors.Is(err, os.ErrNotExist) {
		return 0, "", fmt.Errorf("%s: %w", dir, ErrNone)
	}
	if err != nil {
		return 0, "", fmt.Errorf("looking for the Bazel server: %w", err)
	}
	pid, err = strconv.Atoi(strings.TrimSpace(text))
	if err != nil || pid < 1 {
		return 0, "", fmt.Errorf("%s: %w (server/server.pid.txt holds %.20q)", dir, ErrNone, text)
	}
	start, _ = small(filepath.Join(dir, "server", "server.starttime"))
	return pid, strings.TrimSpace(start), nil
}

// small reads the beginning of a plain file.
func small(path string) (string, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return "", err
	}
	// Bazel's own pid file is a link to the number in some old versions.
	if info.Mode()&os.ModeSymlink != 0 {
		return os.Readlink(path)
	}
	text, err := input.ReadFile(context.Background(), path, 64)
	return string(text), err
}

// Verify tells that the process still is the server that was found.
func (s *Server) Verify() error {
	if s.Contained {
		return s.impostor("it runs in another pid namespace (a container); run starlark-memls inside it")
	}
	pid, _, err := named(s.OutputBase)
	if err != nil {
		return err
	}
	if pid != s.PID {
		return s.impostor("the output base names another process by now, " + strconv.Itoa(pid))
	}
	_, err = s.look()
	return err
}

// Running reports whether the process that was found still runs.
func (s *Server) Running() bool {
	info, err := process.Read(s.PID)
	return err == nil && (s.start == "" || info.Start == s.start)
}

// look reads what the system tells of the process and judges it.
func (s *Server) look() (process.Info, error) {
	info, err := process.Read(s.PID)
	switch {
	case errors.Is(err, process.ErrGone):
		return info, fmt.Errorf("%s: %w", s.OutputBase, ErrNone)
	case errors.Is(err, process.ErrHidden):
		return info, s.impostor("it belongs to another user")
	case err != nil:
		return info, fmt.Errorf("looking for the Bazel server: %w", err)
	case info.UID != os.Geteuid():
		return info, s.impostor("it belongs to another user")
	case s.start != "" && info.Start != s.start:
		return info, s.impostor("it started at another time, so the id was given to another program")
	case !s.servesIt(info.Args):
		return info, s.impostor("it is another program: it has no --output_base=" + s.OutputBase + " among its arguments")
	case info.OtherNamespace:
		return info, s.impostor("it runs in another pid namespace (a container); run starlark-memls inside it")
	}
	return info, nil
}

func (s *Server) impostor(why string) error {
	return &ImpostorError{OutputBase: s.OutputBase, PID: s.PID, Why: why}
}

// servesIt reports whether a server's arguments name this output base.
func (s *Server) servesIt(args []string) bool {
	for _, arg := range args {
		if dir, ok := strings.CutPrefix(arg, "--output_base="); ok {
			return dir == s.OutputBase || sameFile(dir, s.OutputBase)
		}
	}
	return false
}

func sameFile(a, b string) bool {
	ia, errA := os.Stat(a)
	ib, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(ia, ib)
}

// Counters opens the JVM's counters of the server.
func (s *Server) Counters() (*perfdata.CounterFile, error) { return perfdata.Open(s.PID) }

// Process is the server to be asked; it is verified before every signal.
func (s *Server) Process() attach.Process {
	return attach.Process{PID: s.PID, Verify: s.Verify}
}

// Identity tells this server from every other one of its output base, an earlier
// one with the same process id as well.
func (s *Server) Identity() string { return strings.TrimSpace(fmt.Sprintf("%d %s", s.PID, s.start)) }

// Args is the server's command line.
func (s *Server) Args() []string { return s.execInfo }
