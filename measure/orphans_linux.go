package measure

import (
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// reapOrphans takes leave of ended processes of a server's session that have
// become our children. A server is nobody's child but process 1's, which is
// who we are in a container that runs nothing else: every build would leave a
// zombie there, and a sweep be out of process ids one day. Clients are in our
// own session, and waited for where they were started.
func reapOrphans(session int) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return
	}
	own := strconv.Itoa(os.Getpid())
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		f := statFields(pid) // state, parent, group, session
		if len(f) > 3 && f[0] == "Z" && f[1] == own && f[3] == strconv.Itoa(session) {
			_, _ = unix.Wait4(pid, nil, unix.WNOHANG, nil)
		}
	}
}
