// SPDX-License-Identifier: Apache-2.0

//go:build unix

package perfdata

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// openOwn opens a plain file of this user's, not through a link, and without
// waiting for whoever would write into a pipe of that name.
func openOwn(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err == nil {
		err = ownFile(path, info)
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

func ownFile(path string, info os.FileInfo) error {
	if !info.Mode().IsRegular() {
		return &fs.PathError{Op: "open", Path: path, Err: errors.New("not a regular file")}
	}
	// root reads what it will, but believes only what the process's owner
	// wrote: who that is, is not this package's to know.
	if stat, ok := info.Sys().(*syscall.Stat_t); ok && os.Geteuid() != 0 && int(stat.Uid) != os.Geteuid() {
		return &fs.PathError{Op: "open", Path: path, Err: errors.New("belongs to another user")}
	}
	return nil
}
