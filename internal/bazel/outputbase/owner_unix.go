// SPDX-License-Identifier: Apache-2.0

//go:build unix

package outputbase

import (
	"os"
	"syscall"
)

// ownedByUser reports whether a folder is this user's. Bazel refuses to work in
// another one (blaze.cc). For root, whose containers mount what a user owns, the
// workspace's owner is as good.
func ownedByUser(dir, root string) bool {
	owner, ok := ownerOf(dir)
	if !ok || owner == os.Geteuid() {
		return true
	}
	if os.Geteuid() != 0 {
		return false
	}
	rootOwner, ok := ownerOf(root)
	return !ok || owner == rootOwner
}

func ownerOf(path string) (uid int, ok bool) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return int(stat.Uid), true
}
