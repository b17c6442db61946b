// SPDX-License-Identifier: Apache-2.0

package input

import (
	"context"
	"io/fs"
	"os"
	"strings"
	"time"
)

// OpenNamed opens what the user named by hand: a regular file as Open does,
// and also a pipe or his standard input (/dev/stdin, a shell's <(…)). A pipe
// without a writer waits for one until ctx ends, and so does every read of it.
func OpenNamed(ctx context.Context, path string) (*File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Mode().IsRegular() || !waits(path, info.Mode()) {
		return Open(ctx, path)
	}
	f, err := os.OpenFile(path, os.O_RDONLY|dontWait, 0)
	if err != nil {
		return nil, err
	}
	if info, err = f.Stat(); err == nil {
		err = awaitWriter(ctx, f, info.Mode())
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	opened := &File{ctx: ctx, file: f, info: info, left: unbounded}
	opened.release = context.AfterFunc(ctx, func() {
		// Where the system has no deadlines for this kind of file, closing
		// ends the read as well.
		if f.SetReadDeadline(time.Unix(1, 0)) != nil {
			_ = f.Close()
		}
	})
	return opened, nil
}

// waits reports whether a name is one that is there to be read from: a pipe,
// or one of the process's own descriptors, whatever that is.
func waits(path string, mode fs.FileMode) bool {
	if mode&fs.ModeNamedPipe != 0 {
		return true
	}
	own := path == "/dev/stdin" || strings.HasPrefix(path, "/dev/fd/") || strings.HasPrefix(path, "/proc/self/fd/")
	return own && mode&fs.ModeCharDevice != 0
}
