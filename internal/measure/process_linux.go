// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// processesOf finds the processes that Bazel runs on our output base. Two
// signs tell them: the output base among the arguments (a client, a server),
// or the session of our server together with a working folder inside our
// output base (an action). A shell that somebody left in the folder has
// neither.
func processesOf(outputBase string) ([]int, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	session := ""
	if pid, ok := serverPID(outputBase); ok {
		session = strconv.Itoa(pid)
	}
	var found []int
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil || pid == os.Getpid() || entryState(pid) == "Z" {
			continue
		}
		if ownsOutputBase(pid, outputBase) || session != "" && isAction(pid, session, outputBase) {
			found = append(found, pid)
		}
	}
	return found, nil
}

// ownsOutputBase reports whether a process has our output base among its
// arguments, as Bazel's clients and servers do.
func ownsOutputBase(pid int, outputBase string) bool {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
	if err != nil {
		return false
	}
	for arg := range strings.SplitSeq(string(text), "\x00") {
		if arg == "--output_base="+outputBase {
			return true
		}
	}
	return false
}

// dying reports whether a process has ended or is about to: the kernel has
// taken its memory, and with it its arguments.
func dying(pid int) bool {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
	return err != nil || len(text) == 0
}

// isAction reports whether a process belongs to the server's session and
// works inside our output base.
func isAction(pid int, session, outputBase string) bool {
	fields := statFields(pid)
	if len(fields) < 4 || fields[3] != session {
		return false
	}
	folder, err := os.Readlink("/proc/" + strconv.Itoa(pid) + "/cwd")
	return err == nil && strings.HasPrefix(folder, outputBase+string(filepath.Separator))
}

func entryState(pid int) string {
	if fields := statFields(pid); len(fields) > 0 {
		return fields[0]
	}
	return ""
}

// statFields are the fields of /proc/PID/stat after the name, which is in
// parentheses and may hold anything: state, parent, group, session, ….
func statFields(pid int) []string {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return nil
	}
	return strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
}
