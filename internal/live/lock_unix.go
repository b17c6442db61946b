// SPDX-License-Identifier: Apache-2.0

//go:build unix

package live

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"example.invalid/starlark-memls/internal/bazel/server"
)

// lock lets one process at a time ask a server. What is locked is the file that
// names the server, which Bazel itself locks in no way: so nothing is made, and
// the lock ends with this process, however it ends.
func lock(s *server.Server) (unlock func(), err error) {
	path := filepath.Join(s.OutputBase, "server", "server.pid.txt")
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("locking: %w", err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		file.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("process %d: %w", s.PID, ErrBusy)
		}
		return nil, fmt.Errorf("locking %s: %w", path, err)
	}
	return func() { file.Close() }, nil
}

func freeBytes(dir string) (int64, bool) {
	var stat syscall.Statfs_t
	if syscall.Statfs(dir, &stat) != nil {
		return 0, false
	}
	return int64(stat.Bavail) * int64(stat.Bsize), true
}
