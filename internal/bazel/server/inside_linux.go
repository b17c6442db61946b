// SPDX-License-Identifier: Apache-2.0

package server

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"example.invalid/starlark-memls/internal/process"
)

// contained finds a server that lives in a container which shares the output
// base with us: a process of this user's that has the named id for itself and
// started at the named time, and whose output base is, through its own root,
// the same folder. Nil where there is none.
func contained(dir string, innerPID int, start string) *Server {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		info, err := process.Read(pid)
		if err != nil || !info.OtherNamespace || info.InnerPID != innerPID || info.UID != os.Geteuid() || start != "" && info.Start != start {
			continue
		}
		for _, arg := range info.Args {
			inside, ok := strings.CutPrefix(arg, "--output_base=")
			if ok && sameFile(filepath.Join(process.Dir(pid), "root", inside), dir) {
				return &Server{OutputBase: dir, PID: pid, Contained: true, start: info.Start, execInfo: info.Args}
			}
		}
	}
	return nil
}

// Building reports whether the server runs a command: it keeps the command's
// console, command.log, open for as long (CommandLogModule). ok is false where
// that cannot be seen.
func (s *Server) Building() (building, ok bool) {
	log := filepath.Join(s.OutputBase, "command.log")
	dir := filepath.Join(process.Dir(s.PID), "fd")
	if s.openLog != "" {
		if to, err := os.Readlink(filepath.Join(dir, s.openLog)); err == nil && isLog(to, log) {
			return true, true
		}
		s.openLog = ""
	}
	folder, err := os.Open(dir)
	if err != nil {
		return false, false
	}
	defer folder.Close()
	names, err := folder.Readdirnames(-1)
	if err != nil {
		return false, false
	}
	for _, name := range names {
		if to, err := os.Readlink(filepath.Join(dir, name)); err == nil && isLog(to, log) {
			s.openLog = name
			return true, true
		}
	}
	return false, true
}

// isLog: a log that a later command has replaced is told with "(deleted)".
func isLog(to, log string) bool {
	return to == log || filepath.Base(to) == "command.log" && sameFile(to, log)
}
