// SPDX-License-Identifier: Apache-2.0

//go:build linux

package hostile

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// What a server may open for an untrusted workspace besides what is in it: the
// program's own libraries and settings, its cache and temporary files, what the
// kernel tells of the process itself and of the machine's processors.
var ownPaths = regexp.MustCompile(`^(/proc/self/|/proc/thread-self/|/proc/[0-9]+/(stat|status|cgroup|mountinfo|maps)$|/sys/kernel/mm/transparent_hugepage/|/sys/fs/cgroup/|/sys/devices/system/cpu/|` +
	`/etc/(ld\.so|nsswitch\.conf|passwd|localtime|resolv\.conf|hosts|group)|/usr/(lib|share/zoneinfo|local/go/lib)|/lib|/dev/(null|urandom)$)`)

var (
	opened    = regexp.MustCompile(`^(?:[0-9]+ +)?(?:open|openat|openat2|creat)\((?:AT_FDCWD[^,]*, |[0-9]+<([^>]*)>, )?"((?:[^"\\]|\\.)*)".*= ([0-9]+)<([^>]*)>`)
	executed  = regexp.MustCompile(`^(?:[0-9]+ +)?(?:execve|execveat|fork|vfork)\(`)
	connected = regexp.MustCompile(`^(?:[0-9]+ +)?(?:connect|sendto|bind|listen)\(`)
)

// TestUntrusted opens the house as an untrusted workspace and looks at the
// system calls of the server: nothing outside the workspace is opened but what is
// the program's own, nothing is run, no connection is made.
func TestUntrusted(t *testing.T) {
	t.Parallel()
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Fatal("no strace: scripts/deps strace installs it")
	}
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	calls := filepath.Join(dir, "calls")
	visit(t, dir, false, []string{strace, "-f", "-qq", "-y", "-s", "4096", "-o", calls, "-e", "trace=%file,%process,%network"})
	f, err := os.Open(calls)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	programs, inside := 0, 0
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		switch m := opened.FindStringSubmatch(line); {
		case executed.MatchString(line):
			if programs++; programs > 1 { // strace's own start of the server
				t.Errorf("runs a program: %.200s", line)
			}
		case connected.MatchString(line):
			t.Errorf("connects: %.200s", line)
		case m == nil || m[4] == "": // of another kind, or refused
		case m[4] == dir || strings.HasPrefix(m[4], dir+"/"):
			inside++
		case m[4] != program && !ownPaths.MatchString(m[4]):
			t.Errorf("opens %s: %.200s", m[4], line)
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	if inside < 3 || programs != 1 {
		t.Errorf("%d files of the workspace were opened and %d programs run: the trace does not show the server", inside, programs)
	}
}
