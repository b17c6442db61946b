// SPDX-License-Identifier: Apache-2.0

package outputbase

import (
	"strconv"

	"golang.org/x/sys/windows"
)

// stillActive is STILL_ACTIVE (winbase.h): the exit code of a process that
// has none yet.
const stillActive = 259

// processAlive reports whether process pid runs. Bazel writes the process's
// creation time, in 100 ns, to server.starttime (blaze_util_windows.cc); a
// later process under the same id does not count.
func processAlive(pid int, startTime string) bool {
	handle, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, uint32(pid))
	if err != nil {
		return false
	}
	defer windows.CloseHandle(handle)
	var code uint32
	if windows.GetExitCodeProcess(handle, &code) != nil || code != stillActive {
		return false
	}
	var created, exited, kernel, user windows.Filetime
	if startTime == "" || windows.GetProcessTimes(handle, &created, &exited, &kernel, &user) != nil {
		return true
	}
	ticks := uint64(created.HighDateTime)<<32 | uint64(created.LowDateTime)
	return startTime == strconv.FormatUint(ticks, 10)
}
