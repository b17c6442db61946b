// SPDX-License-Identifier: Apache-2.0

package input

import (
	"path/filepath"
	"strings"
)

// Around reports whether a folder, its links resolved, has another one in it, or
// is the kernel's. A link to the first has the whole disk searched, and the
// second has no end: /proc shows each process's whole disk again.
func Around(folder, other string) bool {
	folder, other = filepath.ToSlash(folder), filepath.ToSlash(other)
	for _, at := range []string{"/proc", "/sys", "/dev"} {
		if below(folder, at) && !below(folder, "/dev/shm") {
			return true
		}
	}
	return folder != other && below(other, folder)
}

func below(path, folder string) bool {
	return path == folder || strings.HasPrefix(path, strings.TrimSuffix(folder, "/")+"/")
}
