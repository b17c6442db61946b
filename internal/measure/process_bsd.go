// SPDX-License-Identifier: Apache-2.0

//go:build unix && !linux

package measure

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// processesOf finds the clients and servers that run on our output base, by
// their arguments, as ps tells them in one line.
func processesOf(outputBase string) ([]int, error) {
	out, err := exec.Command("ps", "-axww", "-o", "pid=,command=").Output()
	if err != nil {
		return nil, fmt.Errorf("asking ps: %w", err)
	}
	var found []int
	for line := range strings.Lines(string(out)) {
		number, command, _ := strings.Cut(strings.TrimSpace(line), " ")
		pid, err := strconv.Atoi(number)
		if err == nil && pid != os.Getpid() && namesOutputBase(command, outputBase) {
			found = append(found, pid)
		}
	}
	return found, nil
}

// ownsOutputBase reports whether a process has our output base among its
// arguments, as Bazel's clients and servers do.
func ownsOutputBase(pid int, outputBase string) bool {
	out, err := exec.Command("ps", "-o", "command=", "-ww", "-p", strconv.Itoa(pid)).Output()
	return err == nil && namesOutputBase(strings.TrimSpace(string(out)), outputBase)
}

// dying reports whether a process has ended or is about to: ps puts the name
// of one whose arguments are gone in parentheses.
func dying(pid int) bool {
	out, err := exec.Command("ps", "-o", "command=", "-ww", "-p", strconv.Itoa(pid)).Output()
	command := strings.TrimSpace(string(out))
	return err != nil || command == "" || strings.HasPrefix(command, "(") || strings.HasSuffix(command, "<defunct>")
}

// namesOutputBase: ps does not quote, so the argument ends at a blank or at
// the end.
func namesOutputBase(command, outputBase string) bool {
	return strings.Contains(command+" ", " --output_base="+outputBase+" ")
}
